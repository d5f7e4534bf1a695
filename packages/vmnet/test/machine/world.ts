import { hostNetns } from "@vmnet/core"
import { Effect } from "effect"
import { install, type Machine } from "./Machine.ts"
import type { ManualClock } from "./ManualClock.ts"
import type { Model } from "./Model.ts"
import type { Harm, Operation, Verb } from "./Operation.ts"
import { networkSpec } from "./requests.ts"

/** What happens to the machine without anybody asking vmnet for it. */
export type Event = Exclude<Operation, Verb | { readonly _tag: "Faulty" | "Calm" }>

const toggleDecoy = ({ decoys, kernel, present }: Machine, number: number): void => {
  const decoy = decoys[number]!
  if (present.has(number)) {
    // One that is gone already stays on the list, and is told of.
    if (!decoy.isThere(kernel.snapshot())) return
    present.delete(number)
    return decoy.remove(kernel)
  }
  try {
    decoy.make(kernel)
    present.add(number)
  } catch {
    // The name is ours at the moment.
  }
}

const socket = (port: number) => ({ protocol: "tcp", address: "0.0.0.0", port }) as const

const toggleSocket = (
  { bound, kernel: { host } }: Machine,
  tag: "Bind" | "Unbind",
  port: number,
  isFree: boolean
): void => {
  if (tag === "Bind" && isFree && !bound.has(port)) {
    host.bind(socket(port))
    bound.add(port)
  }
  if (tag === "Unbind" && bound.delete(port)) host.unbind(socket(port))
}

/** Deletes something of a VM's, as somebody might; true when there was something to delete. */
const damage = ({ kernel }: Machine, vm: string, what: Harm): boolean => {
  const { links, natEntries } = kernel.snapshot()["host"]!
  const isIts = (tag: string): boolean => tag.startsWith(`vmnet:${install}:${vm}:`)
  if (what === "device") {
    const its = links.filter(({ alias }) => isIts(alias ?? ""))
    for (const { link } of its) kernel.foreign.unplug(hostNetns, link)
    return its.length > 0
  }
  const all = natEntries.filter(({ comment }) => isIts(comment))
  const its = what === "rules" ? all : all.slice(what, what + 1)
  for (const { key, set } of its) kernel.foreign.deleteNatEntry(hostNetns, { set, key })
  return its.length > 0
}

const reboot = (machine: Machine, model: Model): void => {
  machine.kernel.host.reboot()
  machine.equip()
  machine.present.clear()
  machine.bound.clear()
  model.vms.clear()
  model.cooling.clear()
}

/** Lets it happen, to the model as well. */
export const befall = Effect.fnUntraced(function* (machine: Machine, clock: ManualClock, model: Model, event: Event) {
  const { host } = machine.kernel
  switch (event._tag) {
    case "Advance":
      return clock.pass(event.seconds * 1000)
    case "EndOwner": {
      const owner = machine.owners[event.owner]!
      if (host.alive(owner)) host.endProcess(owner.pid)
      return
    }
    case "Reboot":
      yield* machine.powerOff
      return reboot(machine, model)
    case "Damage": {
      const vm = model.vms.get(event.vm)
      const isHarmed =
        vm !== undefined && networkSpec(vm.network).backend !== "slirp" && damage(machine, event.vm, event.what)
      if (isHarmed) model.vms.set(event.vm, { ...vm, damaged: true })
      return
    }
    case "Decoy":
      return toggleDecoy(machine, event.decoy)
    case "Bind":
    case "Unbind": {
      const isFree = [...model.vms.values()].every(({ publish, unfinished }) => !unfinished && !publish.has(event.port))
      return toggleSocket(machine, event._tag, event.port, isFree)
    }
  }
})
