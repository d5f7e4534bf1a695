import { Effect } from "effect"
import { reserve } from "../allocator/reserve.ts"
import { findLease } from "../ledger/LeaseRow.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { AttachRequest } from "../plan/AttachRequest.ts"
import { backendOf } from "./backendOf.ts"
import { forgetRows } from "./down.ts"
import { type Asked, prepare, retrying } from "./prepare.ts"
import { sameRequest, vmConflict } from "./sameRequest.ts"

/** What `up` would do: the same checks and the same reservation, in a transaction that is taken back. */
export const plan = Effect.fn("Vmnet.plan")(function* (request: AttachRequest) {
  const backend = yield* backendOf(request)
  const ledger = yield* Ledger
  const known = yield* ledger.transact(`look up ${request.vm}`, (tx) => findLease(tx, request.vm))
  if (known?.state === "active") {
    if (!sameRequest(known.request, request)) return yield* vmConflict(known.request, request)
    return backend.plan(known.request, known.lease)
  }
  return yield* retrying()(rehearsed({ request, backend, avoid: new Set() }))
})

const rehearsed = Effect.fnUntraced(function* (asked: Asked) {
  const ledger = yield* Ledger
  const options = yield* prepare(asked)
  const { vm, network } = asked.request
  return yield* ledger.rehearse(`plan ${vm}`, (tx) => {
    // `up` would first take down what is left of an earlier attempt.
    forgetRows(tx, vm, { until: options.now + network.cooldown * 1000 })
    return reserve(tx, options).plan
  })
})
