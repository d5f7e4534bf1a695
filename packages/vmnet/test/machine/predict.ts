import type { ProcessId } from "@vmnet/core"
import type { LedgerView } from "./ledgerView.ts"
import { type Model, type ModelVm, samePorts, sameProcess } from "./Model.ts"
import type { Up, Verb } from "./Operation.ts"
import { addressAt, networkSpec, poolOf } from "./requests.ts"

/** What is around the model: the world before the verb. */
export interface Surroundings {
  readonly model: Model
  readonly before: LedgerView
  readonly bound: ReadonlySet<number>
  /** Slots whose names somebody else has. */
  readonly takenSlots: ReadonlySet<number>
  readonly alive: (process: ProcessId) => boolean
  /** The process that a VM of this number would belong to. */
  readonly owner: (number: number | undefined) => ProcessId | undefined
  readonly now: number
}

export const ownerGone = ({ alive }: Surroundings, { owner }: ModelVm): boolean => owner !== undefined && !alive(owner)

/** Whether `gc` has to take it. */
export const isCollectable = (around: Surroundings, vm: ModelVm): boolean =>
  ownerGone(around, vm) || (vm.state === "left" && (vm.isLeaving || !around.alive(vm.creator)))

/** The answers a verb may give: one, but for refusals of which several are true. */
export const predict = (around: Surroundings, verb: Verb): ReadonlyArray<string> => {
  switch (verb._tag) {
    case "Up":
      return ofUp(around, verb)
    case "Down":
      return [around.model.vms.has(verb.vm) ? "removed" : "absent"]
    case "Show":
      return [around.model.vms.has(verb.vm) ? "shown" : "VM_NOT_FOUND"]
    case "Publish":
      return ofLive(around, verb.vm, (vm) => [ofPublish(around, verb.vm, vm, verb.port)])
    case "Unpublish":
      return ofLive(around, verb.vm, (vm) => [vm.publish.has(verb.port) ? "changed" : "PUBLISH_NOT_FOUND"])
    case "List":
      return [[...around.model.vms.keys()].toSorted().join(" ")]
    case "Gc":
      return [ofGc(around, verb.dryRun)]
    case "Warm":
      return ["warmed"]
    case "RemoveNetwork":
      return [...around.model.vms.values()].some(({ network }) => network === verb.network)
        ? ["NETWORK_IN_USE"]
        : ["removed", "absent"]
  }
}

const ofLive = (
  { model }: Surroundings,
  name: string,
  answers: (vm: ModelVm) => ReadonlyArray<string>
): ReadonlyArray<string> => {
  const vm = model.vms.get(name)
  if (vm === undefined) return ["VM_NOT_FOUND"]
  if (vm.state !== "active") return ["VM_CONFLICT"]
  return [...answers(vm), ...(vm.damaged ? ["STEP_FAILED"] : [])]
}

const ofPublish = ({ before, bound }: Surroundings, name: string, vm: ModelVm, port: number): string => {
  const holder = before.ports.get(port)
  const isTaken = holder === name ? vm.publish.has(port) : holder !== undefined
  return isTaken || bound.has(port) ? "PORT_IN_USE" : "changed"
}

const ofGc = (around: Surroundings, dryRun: boolean): string => {
  const gone = [...around.model.vms].filter(([, vm]) => isCollectable(around, vm))
  return [dryRun ? "would" : "did", ...gone.map(([name]) => name).toSorted()].join(" ")
}

const ofUp = (around: Surroundings, up: Up): ReadonlyArray<string> => {
  const known = around.model.vms.get(up.vm)
  if (known?.state === "active" && !ownerGone(around, known)) {
    const same =
      known.network === up.network &&
      known.place === up.place &&
      samePorts(known.publish, new Set(up.publish)) &&
      sameProcess(known.owner, around.owner(up.owner))
    if (same && known.damaged) return ["VM_CONFLICT", "existing"]
    return [same ? "existing" : "VM_CONFLICT"]
  }
  const refusals = [portRefusals(around, up), placeRefusals(around, up), poolRefusals(around, up)]
  const isSure = refusals.some((some) => some.length > 0 && !some.includes("made"))
  const words = refusals.flat().filter((word) => word !== "made")
  return isSure ? words : ["made", ...words]
}

const portRefusals = ({ before, bound }: Surroundings, { publish, vm }: Up): ReadonlyArray<string> =>
  publish.some((port) => bound.has(port) || (before.ports.get(port) ?? vm) !== vm) ? ["PORT_IN_USE"] : []

/** The addresses that other VMs of the network have. */
export const othersAddresses = ({ vms }: Model, network: string, vm: string): ReadonlySet<string> =>
  new Set([...vms].flatMap(([name, one]) => (name !== vm && one.network === network ? [one.address] : [])))

/** The addresses that others gave back whose owners may use them still; an attempt that is undone may free one of them. */
export const lingering = ({ alive, model }: Surroundings, network: string, vm: string): ReadonlySet<string> =>
  new Set(
    [...model.cooling].flatMap(([key, one]) => {
      const isIn = key.startsWith(`${network} `) && one.vm !== vm
      return isIn && one.owner !== undefined && alive(one.owner) ? [key.split(" ")[1]!] : []
    })
  )

/** With `made` among them where it is not sure. */
const placeRefusals = (around: Surroundings, { network, place, vm }: Up): ReadonlyArray<string> => {
  const { backend } = networkSpec(network)
  if (backend === "slirp") return []
  const others = othersAddresses(around.model, network, vm)
  const left = lingering(around, network, vm)
  const taken = backend === "netns" ? around.takenSlots : new Set<number>()
  if (place !== undefined) {
    const address = addressAt(network, place)
    if (others.has(address)) return ["ADDRESS_IN_USE"]
    if (taken.has(place)) return ["NAME_TAKEN", ...(left.has(address) ? ["ADDRESS_IN_USE"] : [])]
    return left.has(address) ? ["ADDRESS_IN_USE", "made"] : []
  }
  const blocked = new Set([...others, ...[...taken].map((slot) => addressAt(network, slot))])
  const { size } = poolOf(network)
  if (blocked.size >= size) return ["ADDRESS_EXHAUSTED", "NAME_TAKEN"]
  return new Set([...blocked, ...left]).size >= size ? ["ADDRESS_EXHAUSTED", "NAME_TAKEN", "made"] : []
}

/** Its own device goes back before it gets another. */
const poolRefusals = ({ model, before }: Surroundings, { network, vm }: Up): ReadonlyArray<string> => {
  const pool = networkSpec(network).options?.["pool"] as { readonly size: number } | undefined
  if (pool === undefined) return []
  const own = model.vms.get(vm)?.network === network ? 1 : 0
  return before.busyMembers - own >= pool.size ? ["POOL_EXHAUSTED"] : []
}
