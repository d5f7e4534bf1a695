import { type Netns, netnsKey, type OpsError } from "@vmnet/core"
import { type Attempt, ofSystemError, openNetns } from "@vmnet/ops-common"
import { Effect } from "effect"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { inNetns } from "../netns/inNetns.ts"

const attempted = <A>(attempt: Attempt, work: () => A): Effect.Effect<A, OpsError> =>
  Effect.try({ try: work, catch: (cause) => ofSystemError(attempt, cause) })

/** The file is a namespace of another kind, or we may not enter it. */
const whereOf = (netns: Netns, { action, family }: Attempt, cause: unknown): Attempt =>
  cause instanceof SystemCallError && cause.message.endsWith(", setns")
    ? { family: "netns", action: `${action} in ${netnsKey(netns)}` }
    : { family, action }

/** Runs `work`, which is one synchronous stretch, where `netns` says. */
export const inNamespace = <A>(netns: Netns, attempt: Attempt, work: () => A): Effect.Effect<A, OpsError> =>
  netns._tag === "Host"
    ? attempted(attempt, work)
    : Effect.scoped(
        Effect.flatMap(openNetns(netns, attempt), (fd) =>
          Effect.try({
            try: () => inNetns(fd, work),
            catch: (cause) => ofSystemError(whereOf(netns, attempt, cause), cause)
          })
        )
      )
