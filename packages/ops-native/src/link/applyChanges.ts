import { type LinkChange, type Netns, netnsKey, OpsError } from "@vmnet/core"
import { attemptOf, objectionToLinkChanges, openNetns, type Segment, segmentsOf } from "@vmnet/ops-common"
import { Effect } from "effect"
import { applyChange, type Site } from "./applyChange.ts"
import { deleteLinks, isOfDeletions, piecesOf } from "./deleteLinks.ts"
import type { HostSocket } from "./HostSocket.ts"
import { inPlace } from "./inPlace.ts"
import { makeNetnsDirectory } from "./netnsDirectory.ts"
import { errorOf } from "./Refused.ts"

/** What a layer knows for its whole life. */
export interface Kernel {
  readonly host: HostSocket
  readonly ipv6: boolean
  /** Once for all: to share it again takes longer with every namespace in it. */
  readonly makeNetnsDirectory: () => void
}

export const makeKernel = (host: HostSocket, ipv6: boolean): Kernel => {
  let made = false
  return {
    host,
    ipv6,
    makeNetnsDirectory: () => {
      if (!made) makeNetnsDirectory()
      made = true
    }
  }
}

/** The open files of the namespaces that peers are born in; without one, the first change that needs it fails. */
const openPeers = Effect.fnUntraced(function* (changes: ReadonlyArray<LinkChange>, { from, netns, to }: Segment) {
  const peers = new Map<string, number>()
  for (let index = from; index < to; index++) {
    const change = changes[index]
    if (change?._tag !== "AddVeth") continue
    const key = netnsKey(change.peer.netns)
    if (key === netnsKey(netns) || peers.has(key)) continue
    const fd = yield* openNetns(change.peer.netns, attemptOf(changes, index)).pipe(
      Effect.mapError((error) => new OpsError({ ...error, index }))
    )
    peers.set(key, fd)
  }
  return peers
})

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
  { host, ipv6, makeNetnsDirectory }: Kernel,
  changes: ReadonlyArray<LinkChange>,
  segment: Segment
) {
  const peers = yield* openPeers(changes, segment)
  const peerFd = (netns: Netns): number | undefined => peers.get(netnsKey(netns))
  const failure = yield* inPlace(host, segment.netns, attemptOf(changes), (links) =>
    applyAll({ links, ipv6, peerFd, makeNetnsDirectory }, changes, segment)
  )
  if (failure !== undefined) return yield* failure
}, Effect.scoped)

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
