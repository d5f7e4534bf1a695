import type { LedgerView, Recorded } from "./ledgerView.ts"
import { type ModelVm, samePorts } from "./Model.ts"
import type { Verb } from "./Operation.ts"
import { modelOf, release } from "./advance.ts"
import { isCollectable, ownerGone, type Surroundings } from "./predict.ts"

/** The VMs that a verb may have changed when it went wrong. */
const concerned = (around: Surroundings, verb: Verb): ReadonlySet<string> => {
  if (verb._tag === "Gc" && !verb.dryRun) {
    return new Set([...around.model.vms].flatMap(([name, vm]) => (isCollectable(around, vm) ? [name] : [])))
  }
  const changes = verb._tag === "Up" || verb._tag === "Down" || verb._tag === "Publish" || verb._tag === "Unpublish"
  return new Set(changes ? [verb.vm] : [])
}

/**
 * A verb went wrong, or its process died over it: takes over from the ledger what has become of the VMs it was about, and
 * says what may not have become of them.
 */
export const settle = (around: Surroundings, verb: Verb, died: boolean, after: LedgerView): ReadonlyArray<string> =>
  [...concerned(around, verb)].flatMap((name) => {
    const vm = around.model.vms.get(name)
    const row = after.vms.get(name)
    const complaint = row === undefined ? goneOf(around, verb, vm) : remainsOf(around, verb, died, vm, row)
    return complaint === undefined ? [] : [`${name}: ${complaint}`]
  })

const goneOf = (around: Surroundings, verb: Verb, vm: ModelVm | undefined): string | undefined => {
  const mayGo = verb._tag === "Down" || verb._tag === "Gc" || (verb._tag === "Up" && mayStart(around, vm))
  if (vm !== undefined && !mayGo) return "it is gone, and nobody took it down"
  const name = verb._tag === "Gc" ? undefined : "vm" in verb ? verb.vm : undefined
  if (name !== undefined) release(around, name)
  else for (const [key, one] of around.model.vms) if (one === vm) release(around, key)
  return undefined
}

const mayStart = (around: Surroundings, vm: ModelVm | undefined): boolean =>
  vm === undefined || vm.state === "left" || ownerGone(around, vm)

const remainsOf = (
  around: Surroundings,
  verb: Verb,
  died: boolean,
  vm: ModelVm | undefined,
  row: Recorded
): string | undefined => {
  const { generations, vms } = around.model
  const isAnother = row.lease.generation !== vm?.generation
  if (isAnother && !(verb._tag === "Up" && mayStart(around, vm))) return "it is another than before"
  if (isAnother && row.lease.generation <= (generations.get(row.vm) ?? 0)) return "it has an old generation again"
  generations.set(row.vm, row.lease.generation)
  const made = isAnother && verb._tag === "Up" ? modelOf(around, verb, row) : vm!
  if (row.state !== "active") {
    const isBegun = verb._tag === "Up" ? mayStart(around, vm) : verb._tag === "Down" || verb._tag === "Gc"
    if (!isBegun && vm?.state !== "left") return `it is ${row.state} now`
    vms.set(row.vm, { ...made, state: "left", creator: row.creator, isLeaving: row.state !== "configuring" })
    return undefined
  }
  if (isAnother && !died) return "it is up, though its up failed"
  if (vm?.state === "left" && !isAnother) return "it is up again, though it was not all there"
  const publish = new Set(row.lease.publish.map(({ hostPort }) => hostPort))
  vms.set(row.vm, { ...made, publish, unfinished: made.unfinished || isOfPorts(verb) })
  return samePorts(publish, made.publish) || mayDiffer(verb, made.publish, publish)
    ? undefined
    : `it publishes ${[...publish].join(" ")}`
}

const isOfPorts = (verb: Verb): boolean => verb._tag === "Publish" || verb._tag === "Unpublish"

/** A change of ports may have come to its end before anybody was told. */
const mayDiffer = (verb: Verb, before: ReadonlySet<number>, after: ReadonlySet<number>): boolean => {
  if (verb._tag === "Publish") return samePorts(new Set([...before, verb.port]), after)
  if (verb._tag === "Unpublish") return samePorts(before, new Set([...after, verb.port]))
  return false
}
