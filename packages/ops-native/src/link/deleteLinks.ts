import type { DeleteLink, LinkChange, OpsError } from "@vmnet/core"
import { attemptOf, type Segment } from "@vmnet/ops-common"
import { Effect } from "effect"
import { randomInt } from "node:crypto"
import { NetlinkSocket, routeProtocol } from "../netlink/NetlinkSocket.ts"
import { deleteGroup, deleteLink, setGroup } from "./encodeLink.ts"
import { errorOf, refusal } from "./Refused.ts"
import { cannotFind } from "./Rtnetlink.ts"

const isDeletion = (change: LinkChange | undefined): change is DeleteLink => change?._tag === "DeleteLink"

/**
 * Cuts a segment on the host where links are deleted: that makes the kernel wait until nobody looks at them any more, tens of
 * milliseconds in which this thread has other things to do.
 */
export const piecesOf = (changes: ReadonlyArray<LinkChange>, segment: Segment): ReadonlyArray<Segment> => {
  if (segment.netns._tag !== "Host") return [segment]
  const pieces: Array<Segment> = []
  for (let at = segment.from; at < segment.to; at++) {
    const last = pieces.at(-1)
    const joins = last !== undefined && isDeletion(changes[at - 1]) === isDeletion(changes[at])
    if (joins) pieces.splice(-1, 1, { ...last, to: at + 1 })
    else pieces.push({ ...segment, from: at, to: at + 1 })
  }
  return pieces
}

/** Whether a piece is deleted by `deleteLinks`. */
export const isOfDeletions = (changes: ReadonlyArray<LinkChange>, { from, netns }: Segment): boolean =>
  netns._tag === "Host" && isDeletion(changes[from])

/** Throws why not. */
const deleteOne = async (socket: NetlinkSocket, { link }: DeleteLink): Promise<void> => {
  const { flags, payload, type } = deleteLink({ link })
  const { error } = await socket.requestBehind(type, payload, flags)
  if (error !== undefined) throw refusal(error, cannotFind(link))
}

/** Drawn anew each time, from numbers that nobody else has: a link of somebody else's would go with ours. */
const anyGroup = (): number => randomInt(2 ** 24, 2 ** 31)

/**
 * Deletes links at once, for the kernel waits as long for many as for one: those up to the first that is not there. Says how many
 * went: all of these, or none.
 */
const deleteTogether = async (socket: NetlinkSocket, deletions: ReadonlyArray<DeleteLink>): Promise<number> => {
  const group = anyGroup()
  const put = ({ link }: DeleteLink, into: number): boolean => {
    const { flags, payload, type } = setGroup({ link }, into)
    return socket.request(type, payload, flags).error === undefined
  }
  const missing = deletions.findIndex((change) => !put(change, group))
  const grouped = missing === -1 ? deletions : deletions.slice(0, missing)
  const { flags, payload, type } = deleteGroup(group)
  const { error } = await socket.requestBehind(type, payload, flags)
  if (error === undefined) return grouped.length
  // One of them cannot be deleted at all: they stay as they were.
  for (const change of grouped) put(change, 0)
  return 0
}

/** Deletes links of the host, over a socket of its own, up to the first that fails. What has begun comes to its end. */
export const deleteLinks = (
  changes: ReadonlyArray<LinkChange>,
  { from, to }: Segment
): Effect.Effect<void, OpsError> => {
  const deletions = changes.slice(from, to).filter(isDeletion)
  const failed = (index: number) => (cause: unknown) => errorOf(attemptOf(changes, index), cause, changes[index], index)
  return Effect.gen(function* () {
    const socket = yield* Effect.acquireRelease(
      Effect.try({ try: () => new NetlinkSocket(routeProtocol), catch: failed(from) }),
      (open) => Effect.sync(() => open.close())
    )
    const isOne = deletions.length < 2 || new Set(deletions.map(({ link }) => link)).size < deletions.length
    const gone = isOne
      ? 0
      : yield* Effect.tryPromise({ try: () => deleteTogether(socket, deletions), catch: failed(from) })
    for (const [offset, change] of deletions.slice(gone).entries()) {
      yield* Effect.tryPromise({ try: () => deleteOne(socket, change), catch: failed(from + gone + offset) })
    }
  }).pipe(Effect.scoped, Effect.uninterruptible)
}
