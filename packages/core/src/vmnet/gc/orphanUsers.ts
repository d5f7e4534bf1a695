import { Effect } from "effect"
import { stepError } from "../../errors/stepError.ts"
import type { OpsError } from "../../errors/OpsError.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { namedNetns } from "../../ops/Netns.ts"
import { describeResource } from "../../resource/identity.ts"
import type { Resource } from "../../resource/Resource.ts"

/** Who seems to use one of these objects, in words: a process that has it open or is in it, or more than can be seen. */
export const usersOf = Effect.fnUntraced(function* (resources: ReadonlyArray<Resource>) {
  const hasOwnNetns = resources.some(({ kind }) => kind === "Netns")
  const users = yield* Effect.forEach(resources, (resource) => userOf(resource, hasOwnNetns)).pipe(
    Effect.mapError((error) => stepError("gc", "look who uses what", error))
  )
  return users.filter((user) => user !== undefined)
})

const userOf = Effect.fnUntraced(function* (
  resource: Resource,
  hasOwnNetns: boolean
): Effect.fn.Return<string | undefined, OpsError, HostProbe> {
  const probe = yield* HostProbe
  const what = describeResource(resource)
  switch (resource.kind) {
    case "Tap":
      // Inside a namespace of its own, whoever has it open is in there.
      return resource.netns._tag === "Host" && (yield* probe.tapUse(resource.link)).held
        ? `a process has its ${what} open`
        : undefined
    case "Netns":
      return (yield* probe.inhabited(namedNetns(resource.name))) ? `a process is in its ${what}` : undefined
    case "Veth":
      return hasOwnNetns ? undefined : `the other end of its ${what} is somebody's`
    case "Helper":
      return `its ${what} runs`
    default:
      return undefined
  }
})
