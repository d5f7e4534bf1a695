import { Effect } from "effect"
import { OpsError } from "../errors/OpsError.ts"
import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { forwardKey, type HelperKey, type Helpers, type PortForward, singlePorts } from "../ops/Helpers.ts"
import { altered, difference, missing, remains } from "./drift.ts"
import type { Drift, Driver, Presence } from "./Driver.ts"
import type { ForwardResource, HelperResource } from "./Resource.ts"

type Ops = Helpers["Service"]

/** Processes of ours and the ports they answer, one after the other: each needs the one before it. */
export const makeHelperDriver = (ops: Ops): Driver => ({
  apply: (resources) => Effect.forEach(resources, (owned, index) => at(index, make(ops, owned)), { discard: true }),
  find: (resources) => Effect.forEach(resources, (owned) => presence(ops, owned)),
  remove: (resources) => Effect.forEach(resources, (owned) => remove(ops, owned), { discard: true }),
  inspect: (resources) => Effect.forEach(resources, (owned) => inspect(ops, owned)),
  // A process cannot be changed, nor can half of a range be answered: it is made anew.
  mend: (owned) => Effect.andThen(remove(ops, owned), Effect.asVoid(make(ops, owned)))
})

const helperResource = ({ resource }: OwnedResource) => resource as HelperResource | ForwardResource

const keyOf = (owned: OwnedResource): HelperKey => {
  const resource = helperResource(owned)
  return { owner: owned.owner, helper: resource.kind === "Helper" ? resource.spec.helper : "slirp4netns" }
}

const at = <A>(index: number, effect: Effect.Effect<A, OpsError>): Effect.Effect<A, OpsError> =>
  Effect.mapError(effect, (error) => new OpsError({ ...error, index }))

const make = (ops: Ops, owned: OwnedResource): Effect.Effect<unknown, OpsError> => {
  const resource = helperResource(owned)
  return resource.kind === "Helper"
    ? ops.start(owned.owner, resource.spec)
    : ops.forward(keyOf(owned), { _tag: "AddForward", forward: resource.forward })
}

const remove = (ops: Ops, owned: OwnedResource): Effect.Effect<void, OpsError> => {
  const resource = helperResource(owned)
  return resource.kind === "Helper"
    ? ops.stop(keyOf(owned))
    : ops.forward(keyOf(owned), { _tag: "DeleteForward", forward: resource.forward })
}

const presence = Effect.fnUntraced(function* (ops: Ops, owned: OwnedResource): Effect.fn.Return<Presence, OpsError> {
  const resource = helperResource(owned)
  if (resource.kind === "Helper") return words[(yield* ops.find(keyOf(owned)))._tag]
  return portsPresence(resource.forward, yield* ops.forwards(keyOf(owned)))
})

const inspect = Effect.fnUntraced(function* (ops: Ops, owned: OwnedResource): Effect.fn.Return<Drift | null, OpsError> {
  const resource = helperResource(owned)
  if (resource.kind === "Forward") {
    const { count } = resource.forward
    const found = answered(resource.forward, yield* ops.forwards(keyOf(owned)))
    return found === 0 ? missing : altered(difference("ports", count, found))
  }
  const found = yield* ops.find(keyOf(owned))
  if (found._tag === "Running") return null
  return found._tag === "Absent" ? missing : remains(found.reason)
})

const words = { Absent: "absent", Running: "ours", Ended: "broken" } as const satisfies Record<string, Presence>

const portsPresence = (forward: PortForward, there: ReadonlyArray<PortForward>): Presence => {
  const found = answered(forward, there)
  if (found === 0) return "absent"
  return found === forward.count ? "ours" : "broken"
}

/** How many ports of a range are answered. */
const answered = (forward: PortForward, there: ReadonlyArray<PortForward>): number => {
  const keys = new Set(there.map(forwardKey))
  return singlePorts(forward).filter((port) => keys.has(forwardKey(port))).length
}
