import { Effect } from "effect"
import { stepError } from "../../errors/stepError.ts"
import type { OpsError } from "../../errors/OpsError.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { LinkOps } from "../../ops/LinkOps.ts"
import { hostNetns, namedNetns } from "../../ops/Netns.ts"
import type { Resource } from "../../resource/Resource.ts"

/** Whether somebody relies on a device by now: then it was whole once, and is not for us to take from under him. */
export const isInUse = (subject: string, resource: Resource) =>
  Effect.mapError(used(resource), (error) => stepError(subject, "look who uses what", error))

const used = Effect.fnUntraced(function* (
  resource: Resource
): Effect.fn.Return<boolean, OpsError, HostProbe | LinkOps> {
  const probe = yield* HostProbe
  switch (resource.kind) {
    case "Tap":
      if (resource.netns._tag !== "Host") return yield* probe.inhabited(resource.netns)
      return (yield* probe.tapUse(resource.link)).held
    case "Netns":
      return yield* probe.inhabited(namedNetns(resource.name))
    case "Veth":
      return resource.peer.netns._tag !== "Host" && (yield* probe.inhabited(resource.peer.netns))
    case "Bridge": {
      const { links } = yield* (yield* LinkOps).snapshot(hostNetns)
      return links.some(({ master }) => master === resource.link)
    }
    default:
      return false
  }
})
