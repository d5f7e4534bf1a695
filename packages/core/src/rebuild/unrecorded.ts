import { Effect } from "effect"
import { isOfHost } from "../forwarding/heldParameters.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { shareSubject } from "../ledger/ShareRow.ts"
import { look, lookAround, type Sight } from "./look.ts"
import { record } from "./record.ts"
import { isMember, subjectsOf, type Subjects } from "./subjects.ts"

/** What a record says of subjects at one moment: which it knows, and how often any has come so far. */
interface Known {
  readonly subjects: ReadonlySet<string>
  /** By VM; generations outlive their leases. */
  readonly lives: ReadonlyMap<string, number>
  readonly turns: number
}

/** Objects with our tag that belong to nothing on record: of which VMs they seem to be, and how to record them. */
export interface Unrecorded {
  readonly vms: ReadonlyArray<string>
  readonly record: (tx: Tx) => void
}

/**
 * What an earlier record had made, or somebody who had another one: looked for as by a new ledger. What is on record is
 * read before the look and again when it is written down: who is on record either time, or has come or gone meanwhile, is
 * no orphan, whatever was seen of him. Everybody is on record before there is anything of his in the kernel, and until
 * there is nothing any more.
 */
export const lookForUnrecorded = Effect.gen(function* () {
  const { install, stateDir, transact } = yield* Ledger
  const before = yield* transact("look up who is on record", knownTo)
  const around = yield* lookAround(install, stateDir)
  const isUnknown = (subject: string): boolean => !before.subjects.has(subject)
  if (!hasAny(only(subjectsOf(around, install, stateDir), isUnknown))) return undefined
  const sight = yield* look(install, stateDir)
  const subjects = subjectsOf(sight, install, stateDir)
  return {
    vms: [...only(subjects, isUnknown).vms.keys()].toSorted(),
    record: (tx) => recordUnknown(tx, sight, subjects, before)
  } satisfies Unrecorded
})

const knownTo = (tx: Tx): Known => {
  const lives = tx.all<{ vm: string; generation: number }>("SELECT vm, generation FROM generations")
  const members = tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'member'")?.value ?? "0"
  const subjects = tx.all<{ subject: string }>(
    `SELECT vm AS subject FROM leases UNION SELECT '@' || key FROM shares UNION SELECT subject FROM members
     UNION SELECT subject FROM resources
     UNION SELECT substr(key, length('orphan:') + 1) FROM meta WHERE key >= 'orphan:' AND key < 'orphan;'`
  )
  return {
    subjects: new Set(subjects.map(({ subject }) => subject)),
    lives: new Map(lives.map(({ generation, vm }) => [vm, generation])),
    turns: lives.reduce((sum, { generation }) => sum + generation, Number(members))
  }
}

const recordUnknown = (tx: Tx, sight: Sight, subjects: Subjects, before: Known): void => {
  const now = knownTo(tx)
  const isNew = (subject: string): boolean => {
    if (before.subjects.has(subject) || now.subjects.has(subject)) return false
    // Shares and members come and go with VMs and pools, and leave no trace of their own.
    return subject.startsWith("@") ? before.turns === now.turns : before.lives.get(subject) === now.lives.get(subject)
  }
  const found = only(subjects, isNew)
  if (!hasAny(found)) return
  // Where forwarding is on record, so is what it was before.
  const isKnown = [...now.subjects].some((subject) => isOfHost(subject.slice(1)))
  const isForwardingLost = sight.parameters.isForwardingLost && !isKnown && found.vms.size > 0
  record(tx, { ...sight, parameters: { ...sight.parameters, isForwardingLost } }, found, subjects.shares)
}

/** What of a pool is on record stays as it is there, whoever seems to have it. */
const only = ({ members, shares, vms }: Subjects, isNew: (subject: string) => boolean): Subjects => {
  const kept = [...vms].map(([vm, seen]) => {
    const own = seen.filter(({ owner: { subject } }) => !isMember(subject) || isNew(subject))
    return [vm, own] as const
  })
  return {
    members: new Map([...members].filter(([subject]) => isNew(subject))),
    shares: new Map([...shares].filter(([key]) => isNew(shareSubject(key)))),
    vms: new Map(kept.filter(([vm, seen]) => isNew(vm) && seen.length > 0))
  }
}

const hasAny = ({ members, shares, vms }: Subjects): boolean => members.size + shares.size + vms.size > 0
