import { Effect, Result } from "effect"
import type { NetworkFacts } from "../../allocator/network.ts"
import type { ReserveOptions } from "../../allocator/reserve.ts"
import type { Backend } from "../../backend/Backend.ts"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import type { AttachRequest } from "../../plan/AttachRequest.ts"
import { checkBridge } from "../checkBridge.ts"
import { checkForwarding, checkHelpers } from "../checkHost.ts"
import { checkHostPorts } from "../checkPublish.ts"
import { checkTarget } from "../checkTarget.ts"
import { networkFacts } from "../hostFacts.ts"
import { now } from "../now.ts"
import { lookingOnce } from "./lookingOnce.ts"

/** A VM that is to come up, and whether its network was seen to be up a moment ago. */
export interface Wanted {
  readonly request: AttachRequest
  readonly backend: Backend
  readonly isLive: boolean
}

export interface Prepared extends Wanted {
  readonly options: Omit<ReserveOptions, "avoid">
}

/**
 * The checks of `prepare` for many VMs, each look at the host made once, and once for each network what its VMs have alike.
 * Those that fail are left out: `up` will say why.
 */
export const prepareMany = Effect.fnUntraced(function* (wanted: ReadonlyArray<Wanted>) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const common = { install: ledger.install, self: probe.self, alive: probe.alive, namespace: probe.namespace }
  const at = yield* now
  const factsOf = networksOnce()
  const checked = yield* Effect.forEach(wanted, (one) =>
    Effect.result(Effect.andThen(checkOne(one), () => factsOf(one))).pipe(
      Effect.map(
        Result.map((network): Prepared => {
          const { backend, request } = one
          return { ...one, options: { ...common, backend, request, network, now: at } }
        })
      )
    )
  )
  return checked.flatMap((result) => (Result.isSuccess(result) ? [result.success] : []))
}, lookingOnce)

const checkOne = Effect.fnUntraced(function* ({ backend, request }: Wanted) {
  yield* checkTarget(request)
  yield* checkHelpers(backend, request)
  yield* checkBridge(request)
  yield* checkHostPorts(request.vm, request.publish)
})

/** By what a network is to be: two VMs may ask for two of one name, and one of them will be refused. */
const networksOnce = () => {
  const known = new Map<string, Result.Result<NetworkFacts, VmnetError>>()
  return Effect.fnUntraced(function* ({ backend, isLive, request }: Wanted) {
    const key = JSON.stringify(request.network)
    const facts = known.get(key) ?? (yield* Effect.result(networkFacts(request.vm, request.network, isLive)))
    known.set(key, facts)
    const network = yield* Effect.fromResult(facts)
    yield* checkForwarding(backend, request, network.host?.uplink ?? null)
    return network
  })
}
