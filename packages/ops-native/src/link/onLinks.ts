import type { Netns, OpsError } from "@vmnet/core"
import { type Attempt, interrupted } from "@vmnet/ops-common"
import type { Effect } from "effect"
import type { Place } from "../netns/Place.ts"
import { inPlace, type PlacesOpen } from "../netns/Places.ts"
import { errorOf, Interrupted } from "./Refused.ts"
import type { Rtnetlink } from "./Rtnetlink.ts"

const toOpsError =
  (attempt: Attempt) =>
  (cause: unknown): OpsError =>
    cause instanceof Interrupted ? interrupted(attempt) : errorOf(attempt, cause)

/** Does `work` with the links of a namespace: synchronous, to the end or to what it throws. */
export const onLinks = <A>(
  places: PlacesOpen,
  netns: Netns,
  attempt: Attempt,
  work: (links: Rtnetlink, place: Place) => A
): Effect.Effect<A, OpsError> =>
  inPlace(places, netns, attempt, (place) => place.links((links) => work(links, place)), toOpsError(attempt))
