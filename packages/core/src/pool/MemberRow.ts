import type { Tx } from "../ledger/Ledger.ts"
import { deleteResources, type OwnedResource } from "../ledger/ResourceRow.ts"

/**
 * `making` and `retiring` are only seen while somebody holds the pool's lock, or after he died holding it. A `leased`
 * member's resources are recorded under its VM.
 */
export type MemberState = "making" | "ready" | "leased" | "retiring"

/** One device of a pool. Its subject is what its resources are tagged with for good, whoever has it. */
export interface Member {
  readonly subject: string
  readonly network: string
  readonly class: string
  readonly device: string
  readonly state: MemberState
}

const select = "SELECT subject, network, class, device, state FROM members"

/** Members in one state, or of one class, or both. */
export interface MemberFilter {
  readonly state?: MemberState
  readonly class?: string
}

const where = (network: string, filter: MemberFilter) => {
  const given = Object.entries({ network, ...filter })
  return { clause: given.map(([column]) => `${column} = ?`).join(" AND "), values: given.map(([, value]) => value) }
}

export const membersOf = (tx: Tx, network: string, filter: MemberFilter = {}): ReadonlyArray<Member> => {
  const { clause, values } = where(network, filter)
  return tx.all<Member>(`${select} WHERE ${clause} ORDER BY subject`, ...values)
}

export const countMembers = (tx: Tx, network: string, filter: MemberFilter = {}): number => {
  const { clause, values } = where(network, filter)
  return Number(
    tx.get<{ count: number }>(`SELECT COUNT(*) AS count FROM members WHERE ${clause}`, ...values)?.count ?? 0
  )
}

/** A ready member of a class whose device is none of those to be avoided. */
export const findReady = (tx: Tx, network: string, wanted: string, avoid: ReadonlySet<string>): Member | undefined => {
  const { clause, values } = where(network, { state: "ready", class: wanted })
  const some = tx.all<Member>(`${select} WHERE ${clause} ORDER BY subject LIMIT ?`, ...values, avoid.size + 1)
  return some.find(({ device }) => !avoid.has(device))
}

/** The networks that have members, whatever their states. */
export const networksWithMembers = (tx: Tx): ReadonlyArray<string> =>
  tx.all<{ network: string }>("SELECT DISTINCT network FROM members ORDER BY network").map(({ network }) => network)

/** Of all pools, what somebody is about to make or remove, or has died over. */
export const unfinishedMembers = (tx: Tx): ReadonlyArray<Member> =>
  tx.all<Member>(`${select} WHERE state IN ('making', 'retiring') ORDER BY subject`)

export const findMember = (tx: Tx, subject: string): Member | undefined =>
  tx.get<Member>(`${select} WHERE subject = ?`, subject)

/** VM names cannot begin with `@`. */
export const nextMemberSubject = (tx: Tx, network: string): string => {
  const last = Number(tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'member'")?.value ?? 0)
  tx.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('member', ?)", String(last + 1))
  return `@pool.${network}.${last + 1}`
}

export const insertMember = (tx: Tx, member: Member): void =>
  tx.run(
    "INSERT INTO members (subject, network, class, device, state) VALUES (?, ?, ?, ?, ?)",
    member.subject,
    member.network,
    member.class,
    member.device,
    member.state
  )

export const setMemberState = (tx: Tx, subject: string, state: MemberState): void =>
  tx.run("UPDATE members SET state = ? WHERE subject = ?", state, subject)

/** Forgets a member, and what was reserved for it. */
export const deleteMember = (tx: Tx, subject: string): void => {
  deleteResources(tx, subject)
  tx.run("DELETE FROM members WHERE subject = ?", subject)
  for (const table of ["identifiers", "holds"]) tx.run(`DELETE FROM ${table} WHERE vm = ?`, subject)
}

/** Hands the record of all that a subject has to another, which has nothing in their places. */
export const moveAllResources = (tx: Tx, from: string, to: string): void =>
  tx.run("UPDATE resources SET subject = ? WHERE subject = ?", to, from)

/** The same for some of it. */
export const moveResources = (tx: Tx, from: string, to: string, resources: ReadonlyArray<OwnedResource>): void => {
  for (const { seq } of resources) {
    tx.run("UPDATE resources SET subject = ? WHERE subject = ? AND seq = ?", to, from, seq)
  }
}

/** How many VMs have, and how many, of one class or all, are for the next ones to have. */
export const tallyMembers = (tx: Tx, network: string, of: Pick<MemberFilter, "class"> = {}) => ({
  ready: countMembers(tx, network, { ...of, state: "ready" }),
  leased: countMembers(tx, network, { state: "leased" })
})
