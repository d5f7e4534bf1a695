import { Effect } from "effect"
import { reserve, type ReserveOptions } from "../allocator/reserve.ts"
import { Backends } from "../backend/Backends.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { isCapable } from "./checkHost.ts"
import { type Asked, checksNothing, reserving } from "./prepare.ts"
import { type Reserved, withAbsentShares } from "./reserved.ts"

/** What has been reserved with the VM's lock. Whoever takes it over undoes it; until then it is for whoever has reserved it. */
export interface Early {
  reserved: Reserved | undefined
}

export const taken = (early: Early): Reserved | undefined => {
  const { reserved } = early
  early.reserved = undefined
  return reserved
}

/** What it takes to reserve before anything else is done; nothing where the host has to be looked at first. */
export const reservingEarly = Effect.fnUntraced(function* (asked: Omit<Asked, "avoid">) {
  const isEarly = checksNothing(asked.backend, asked.request)
  const mayReserve = isEarly && isCapable(yield* Backends, yield* HostProbe, asked.request)
  return mayReserve ? yield* reserving({ ...asked, avoid: new Set() }, {}) : undefined
})

/**
 * Reserves in a transaction that goes on in any case: what cannot be had now is told by whoever tries again, with a look at the
 * host.
 */
export const tryReserving = (tx: Tx, options: ReserveOptions): Reserved | undefined => {
  tx.run("SAVEPOINT early")
  try {
    return withAbsentShares(tx, reserve(tx, options))
  } catch {
    tx.run("ROLLBACK TO early")
    return undefined
  }
}
