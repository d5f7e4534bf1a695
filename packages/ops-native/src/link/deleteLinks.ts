import type { DeleteLink, LinkChange, OpsError } from "@vmnet/core"
import { attemptOf, type Segment } from "@vmnet/ops-common"
import { Effect } from "effect"
import { NetlinkSocket, routeProtocol } from "../netlink/NetlinkSocket.ts"
import { deleteLink } from "./encodeLink.ts"
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

/** Deletes links of the host in order, over a socket of its own, up to the first that fails. What has begun comes to its end. */
export const deleteLinks = (
  changes: ReadonlyArray<LinkChange>,
  { from, to }: Segment
): Effect.Effect<void, OpsError> => {
  const deletions = changes.slice(from, to).filter(isDeletion)
  const socket = Effect.acquireRelease(
    Effect.try({
      try: () => new NetlinkSocket(routeProtocol),
      catch: (cause) => errorOf(attemptOf(changes, from), cause)
    }),
    (open) => Effect.sync(() => open.close())
  )
  return Effect.flatMap(socket, (open) =>
    Effect.forEach(
      deletions,
      (change, offset) =>
        Effect.tryPromise({
          try: () => deleteOne(open, change),
          catch: (cause) => errorOf(attemptOf(changes, from + offset), cause, change, from + offset)
        }),
      { discard: true }
    )
  ).pipe(Effect.scoped, Effect.uninterruptible)
}
