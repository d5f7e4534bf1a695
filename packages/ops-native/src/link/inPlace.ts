import { type Netns, netnsKey, OpsError } from "@vmnet/core"
import { type Attempt, interrupted, ofSystemError, openNetns } from "@vmnet/ops-common"
import { Effect } from "effect"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { NetlinkSocket, routeProtocol } from "../netlink/NetlinkSocket.ts"
import { inNetns } from "../netns/inNetns.ts"
import type { HostSocket } from "./HostSocket.ts"
import { errorOf, Interrupted } from "./Refused.ts"
import { Rtnetlink } from "./Rtnetlink.ts"

/** What is done over a socket of a namespace, with this thread inside it: synchronous, to the end or to what it throws. */
export type Work<A> = (links: Rtnetlink) => A

const withOwnSocket = <A>(work: Work<A>): A => {
  const socket = new NetlinkSocket(routeProtocol)
  try {
    return work(new Rtnetlink(socket))
  } finally {
    socket.close()
  }
}

/** Its own words mean that nothing was begun: the file is a namespace of another kind, or we may not enter it. */
export const refusedEntry = (netns: Netns, attempt: Attempt, cause: unknown): OpsError | undefined =>
  cause instanceof SystemCallError && cause.call === "setns"
    ? ofSystemError({ family: "netns", action: `${attempt.action} in ${netnsKey(netns)}` }, cause)
    : undefined

const toOpsError =
  (netns: Netns, attempt: Attempt) =>
  (cause: unknown): OpsError => {
    if (cause instanceof OpsError) return cause
    if (cause instanceof Interrupted) return interrupted(attempt)
    return refusedEntry(netns, attempt, cause) ?? errorOf(attempt, cause)
  }

/** Does `work` where `netns` says. The host's socket is kept, all others last as long as the work. */
export const inPlace = <A>(
  host: HostSocket,
  netns: Netns,
  attempt: Attempt,
  work: Work<A>
): Effect.Effect<A, OpsError> => {
  const failed = toOpsError(netns, attempt)
  if (netns._tag === "Host") return Effect.try({ try: () => host.use(work), catch: failed })
  return Effect.scoped(
    Effect.flatMap(openNetns(netns, attempt), (fd) =>
      Effect.try({ try: () => inNetns(fd, () => withOwnSocket(work)), catch: failed })
    )
  )
}
