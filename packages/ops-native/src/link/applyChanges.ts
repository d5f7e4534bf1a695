import type { LinkChange, Netns, OpsError } from "@vmnet/core"
import { attemptOf, objectionToLinkChanges, type Segment, segmentsOf } from "@vmnet/ops-common"
import { Effect } from "effect"
import { applyChange, type Site } from "./applyChange.ts"
import { deleteLinks, isOfDeletions, piecesOf } from "./deleteLinks.ts"
import type { PlacesOpen } from "../netns/Places.ts"
import { onLinks } from "./onLinks.ts"
import { makeNetnsDirectory } from "./netnsDirectory.ts"
import { errorOf } from "./Refused.ts"

/** What a layer knows for its whole life. */
export interface Kernel {
  readonly places: PlacesOpen
  readonly ipv6: boolean
  /** Once for all: to share it again takes longer with every namespace in it. */
  readonly makeNetnsDirectory: () => void
}

export const makeKernel = (places: PlacesOpen, ipv6: boolean): Kernel => {
  let made = false
  return {
    places,
    ipv6,
    makeNetnsDirectory: () => {
      if (!made) makeNetnsDirectory()
      made = true
    }
  }
}

/** Makes the changes in order, up to the first that fails: its error, or `undefined`. */
const applyAll = (site: Site, changes: ReadonlyArray<LinkChange>, { from, to }: Segment): OpsError | undefined => {
  for (const [offset, change] of changes.slice(from, to).entries()) {
    const index = from + offset
    try {
      applyChange(site, change)
    } catch (cause) {
      return errorOf(attemptOf(changes, index), cause, change, index)
    }
  }
  return undefined
}

const applySegment = Effect.fnUntraced(function* (
  { ipv6, makeNetnsDirectory, places }: Kernel,
  changes: ReadonlyArray<LinkChange>,
  segment: Segment
) {
  const failure = yield* onLinks(places, segment.netns, attemptOf(changes), (links, place) =>
    applyAll({ links, ipv6, place, places, makeNetnsDirectory }, changes, segment)
  )
  if (failure !== undefined) return yield* failure
})

/** Applies changes in order, each place's in one stretch, but for what makes the kernel wait. */
export const applyChanges = Effect.fnUntraced(function* (
  kernel: Kernel,
  netns: Netns,
  changes: ReadonlyArray<LinkChange>
) {
  const objection = objectionToLinkChanges(changes)
  if (objection !== undefined) return yield* objection
  for (const segment of segmentsOf(netns, changes).flatMap((one) => piecesOf(changes, one))) {
    yield* isOfDeletions(changes, segment) ? deleteLinks(changes, segment) : applySegment(kernel, changes, segment)
  }
})
