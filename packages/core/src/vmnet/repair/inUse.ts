import { Effect } from "effect"
import { stepError } from "../../errors/stepError.ts"
import type { Resource } from "../../resource/Resource.ts"
import { userOf } from "../users.ts"

/** Whether somebody relies on a device by now: then it was whole once, and is not for us to take from under him. */
export const isInUse = (subject: string, resource: Resource) =>
  userOf(resource, "it").pipe(
    Effect.map((user) => user !== undefined),
    Effect.mapError((error) => stepError(subject, "look who uses what", error))
  )
