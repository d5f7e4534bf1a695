import type { LedgerView, Recorded } from "./ledgerView.ts"
import type { Model, ModelVm } from "./Model.ts"
import type { Up, Verb } from "./Operation.ts"
import { isCollectable, lingering, othersAddresses, ownerGone, type Surroundings } from "./predict.ts"
import { addressAt, networkSpec, poolOf } from "./requests.ts"

/** What is wrong, one line each; the model is what it has to be after the verb. */
export type Complaints = ReadonlyArray<string>

/** What an address that is given back does until others may have it. */
export const release = ({ model, now }: Surroundings, name: string): void => {
  const vm = model.vms.get(name)
  model.vms.delete(name)
  if (vm === undefined || networkSpec(vm.network).backend === "slirp") return
  model.cooling.set(`${vm.network} ${vm.address}`, {
    vm: name,
    until: now + networkSpec(vm.network).cooldown * 1000,
    owner: vm.owner
  })
}

/** Brings the model to where an answer that was predicted leaves it, and looks whether what was given may be. */
export const advance = (around: Surroundings, verb: Verb, answer: string, after: LedgerView): Complaints => {
  const { model } = around
  switch (verb._tag) {
    case "Up":
      return advanceUp(around, verb, answer, after)
    case "Down":
      release(around, verb.vm)
      return []
    case "Publish":
    case "Unpublish": {
      const vm = model.vms.get(verb.vm)
      if (vm?.state !== "active") return []
      const publish = new Set(vm.publish)
      if (answer === "changed" && verb._tag === "Publish") publish.add(verb.port)
      if (answer === "changed" && verb._tag === "Unpublish") publish.delete(verb.port)
      model.vms.set(verb.vm, { ...vm, publish, unfinished: vm.unfinished || answer === "STEP_FAILED" })
      return []
    }
    case "Gc":
      if (!verb.dryRun) {
        for (const [name, vm] of model.vms) if (isCollectable(around, vm)) release(around, name)
      }
      return []
    case "RemoveNetwork":
      if (answer === "removed" || answer === "absent") forgetCooling(model, verb.network)
      return []
    case "Show":
    case "List":
    case "Warm":
      return []
  }
}

const forgetCooling = ({ cooling }: Model, network: string): void => {
  for (const [key, one] of cooling) if (key.startsWith(`${network} `)) cooling.set(key, { ...one, until: 0 })
}

const advanceUp = (around: Surroundings, up: Up, answer: string, after: LedgerView): Complaints => {
  const known = around.model.vms.get(up.vm)
  if (known?.state === "active" && !ownerGone(around, known)) return []
  release(around, up.vm)
  if (answer !== "made") return []
  const row = after.vms.get(up.vm)
  if (row === undefined) return [`${up.vm} is up, and not on record`]
  const vm = modelOf(around, up, row)
  const complaints = misgiven(around, up, vm)
  around.model.vms.set(up.vm, vm)
  around.model.generations.set(up.vm, vm.generation)
  around.model.cooling.delete(`${vm.network} ${vm.address}`)
  return complaints
}

export const modelOf = ({ owner }: Pick<Surroundings, "owner">, up: Up, { creator, lease }: Recorded): ModelVm => ({
  state: "active",
  generation: lease.generation,
  network: up.network,
  place: up.place,
  address: lease.address,
  publish: new Set(up.publish),
  owner: owner(up.owner),
  creator,
  isLeaving: false,
  damaged: false,
  unfinished: false
})

/** Whether the address is one that this VM could be given now. */
const misgiven = (around: Surroundings, { network, place, vm }: Up, given: ModelVm): Complaints => {
  const { model, now } = around
  const complaints: Array<string> = []
  if (given.generation <= (model.generations.get(vm) ?? 0)) complaints.push(`${vm} has an old generation again`)
  if (networkSpec(network).backend === "slirp") return complaints
  const pool = poolOf(network)
  const others = othersAddresses(model, network, vm)
  const { address } = given
  if (pool.indexOf(address) === undefined) complaints.push(`${address} is none of ${network}`)
  if (others.has(address)) complaints.push(`${address} of ${network} is given twice`)
  if (place !== undefined && address !== addressAt(network, place)) complaints.push(`${vm} was not given its address`)
  const cools = (one: string): boolean => {
    const held = model.cooling.get(`${network} ${one}`)
    return held !== undefined && held.vm !== vm && held.until > now
  }
  const left = lingering(around, network, vm)
  const all = Array.from({ length: Math.min(pool.size, 32) }, (_, index) => pool.nth(index)!)
  // What an attempt that failed had for a moment cools down too, and only the record knows it.
  const isFree = (one: string) => !others.has(one) && !left.has(one) && !around.before.cooling.has(`${network} ${one}`)
  const hadChoice = all.some((one, index) => isFree(one) && !cools(one) && !around.takenSlots.has(index + 1))
  if (place === undefined && cools(address) && hadChoice) complaints.push(`${address} of ${network} still cools down`)
  return complaints
}
