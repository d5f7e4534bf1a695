import { Effect } from "effect"
import { reserve } from "../allocator/reserve.ts"
import { findLease } from "../ledger/LeaseRow.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import { backendOf } from "./backendOf.ts"
import { forgetRows } from "./down.ts"
import { now } from "./now.ts"
import { sameRequest, vmConflict } from "./sameRequest.ts"
import { preflight } from "./up.ts"

/** What `up` would do: the same checks and the same reservation, in a transaction that is taken back. */
export const plan = Effect.fn("Vmnet.plan")(function* (request: AttachRequest) {
  const backend = yield* backendOf(request)
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const known = yield* ledger.transact(`look up ${request.vm}`, (tx) => findLease(tx, request.vm))
  if (known?.state === "active") {
    if (!sameRequest(known.request, request)) return yield* vmConflict(known.request, request)
    return backend.plan(known.request, known.lease)
  }
  const network = yield* preflight(request)
  const time = yield* now
  const options = {
    install: ledger.install,
    request,
    backend,
    self: probe.self,
    now: time,
    network,
    avoid: new Set<string>()
  }
  return yield* ledger.rehearse(`plan ${request.vm}`, (tx) => {
    // `up` would first take down what is left of an earlier attempt.
    forgetRows(tx, request.vm, time + request.network.cooldown * 1000)
    return reserve(tx, options).plan
  })
})
