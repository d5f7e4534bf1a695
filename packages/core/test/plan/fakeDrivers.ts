import { OpsError, type Resource, resourceName } from "@vmnet/core"
import { Effect } from "effect"
import type { OwnedResource } from "../../src/ledger/ResourceRow.ts"
import type { Driver, Presence } from "../../src/resource/Driver.ts"
import type { Drivers } from "../../src/resource/Drivers.ts"

/** All drivers over one set of things. Everything is as `presence` says, and goes unless `refuses` says otherwise. */
export interface FakeWorld {
  readonly presence: Map<string, Presence>
  /** Asked before anything of a call is done: the names of a removal, and whether it is a second attempt. */
  refuses: (names: ReadonlyArray<string>, again: boolean) => boolean
  /** `find a b`, `remove a b`. */
  readonly calls: Array<string>
}

export const fakeWorld = (): FakeWorld => ({ presence: new Map(), refuses: () => false, calls: [] })

const nameOf = ({ resource }: OwnedResource): string => resourceName(resource)

const refusal = (action: string) => new OpsError({ family: "link", reason: "Busy", action, output: "stubborn" })

export const fakeDrivers = (world: FakeWorld): Drivers => {
  const find: Driver["find"] = (resources) =>
    Effect.sync(() => {
      world.calls.push(`find ${resources.map(nameOf).join(" ")}`)
      return resources.map((owned) => world.presence.get(nameOf(owned)) ?? "absent")
    })
  const remove: Driver["remove"] = (resources) =>
    Effect.suspend(() => {
      const names = resources.map(nameOf)
      world.calls.push(`remove ${names.join(" ")}`)
      const again = resources.some(({ begun }) => begun === true)
      if (world.refuses(names, again)) return Effect.fail(refusal(`remove ${names.join(" ")}`))
      for (const name of names) world.presence.delete(name)
      return Effect.void
    })
  const driver: Driver = {
    find,
    remove,
    apply: () => Effect.void,
    inspect: (resources) => Effect.succeed(resources.map(() => null)),
    mend: () => Effect.void
  }
  return { link: driver, nat: driver, sysctl: driver, mount: driver, helper: driver, stay: (self) => self }
}

/** Resources as the ledger gives them, in creation order, all present. */
export const ownedOf = (resources: ReadonlyArray<Resource>): ReadonlyArray<OwnedResource> =>
  resources.map((resource, seq) => ({ seq, resource, owner: "vmnet:0123abcd:vm1:1", state: "present" }))
