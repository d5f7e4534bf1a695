import { Effect } from "effect"
import { isNetworkChanged, type NetworkFacts } from "../allocator/network.ts"
import type { ReserveOptions } from "../allocator/reserve.ts"
import type { Backend } from "../backend/Backend.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import { checkBridge } from "./checkBridge.ts"
import { checkForwarding, checkHelpers } from "./checkHost.ts"
import { checkPublish } from "./checkPublish.ts"
import { checkTarget } from "./checkTarget.ts"
import { networkFacts } from "./hostFacts.ts"
import { now } from "./now.ts"

export interface Asked {
  readonly request: AttachRequest
  readonly backend: Backend
  /** Device names that turned out to belong to others. */
  readonly avoid: ReadonlySet<string>
  /** Whether the network was seen to be up a moment ago. */
  readonly isLive?: boolean
}

/** Every check that `up` makes before it reserves anything, and what reserving takes. */
export const prepare = Effect.fnUntraced(function* (asked: Asked) {
  const { backend, isLive, request } = asked
  yield* checkTarget(request)
  yield* checkHelpers(backend, request)
  yield* checkBridge(request)
  yield* checkPublish(request.vm, request.publish)
  const network = yield* networkFacts(request.vm, request.network, isLive)
  yield* checkForwarding(backend, request, network.host?.uplink ?? null)
  return yield* reserving(asked, network)
})

/** What reserving takes once the host has been looked at, or need not be. */
export const reserving = Effect.fnUntraced(function* ({ avoid, backend, request }: Asked, network: NetworkFacts) {
  const { install } = yield* Ledger
  const { alive, namespace, self } = yield* HostProbe
  return { install, request, backend, self, network, avoid, now: yield* now, alive, namespace } satisfies ReserveOptions
})

/** Whether none of those checks has anything to look at, where the network is up. */
export const checksNothing = ({ helpers, privilege }: Backend, request: AttachRequest): boolean =>
  request.target === undefined &&
  request.network.bridge === undefined &&
  request.publish.length === 0 &&
  (request.forwarding !== "require" || privilege === "user") &&
  (helpers?.(request) ?? []).length === 0

/** How often a reservation that turned out to be worth nothing is made anew. */
const attempts = 8

/** Tries again when a network went down between the look at it and the reservation, and when `again` says so. */
export const retrying =
  (again: (error: VmnetError) => boolean = () => false) =>
  <A, R>(self: Effect.Effect<A, VmnetError, R>): Effect.Effect<A, VmnetError, R> =>
    Effect.retry(self, { times: attempts, while: (error) => isNetworkChanged(error) || again(error) })
