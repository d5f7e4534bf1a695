import { Effect } from "effect"
import { stepError } from "../../errors/stepError.ts"
import { describeResource } from "../../resource/identity.ts"
import type { Resource } from "../../resource/Resource.ts"
import { userOf } from "../users.ts"

/** Who seems to use one of these objects, in words: what can be seen of each, and what can not be seen of them. */
export const usersOf = Effect.fnUntraced(function* (resources: ReadonlyArray<Resource>) {
  const hasOwnNetns = resources.some(({ kind }) => kind === "Netns")
  const users = yield* Effect.forEach(resources, (resource) => {
    const unseen = unseenUser(resource, hasOwnNetns)
    return unseen === undefined ? userOf(resource, itsOwn(resource)) : Effect.succeed(unseen)
  }).pipe(Effect.mapError((error) => stepError("gc", "look who uses what", error)))
  return users.filter((user) => user !== undefined)
})

const itsOwn = (resource: Resource): string => `its ${describeResource(resource)}`

/** What is as good as in use: whose it is, and what for, was in the record. */
const unseenUser = (resource: Resource, hasOwnNetns: boolean): string | undefined => {
  if (resource.kind === "Helper") return `${itsOwn(resource)} runs`
  const isSomebodys = resource.kind === "Veth" && !hasOwnNetns
  return isSomebodys ? `the other end of ${itsOwn(resource)} is somebody's` : undefined
}
