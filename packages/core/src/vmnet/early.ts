import { Effect } from "effect"
import { reserve, type ReserveOptions } from "../allocator/reserve.ts"
import { Backends } from "../backend/Backends.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { isCapable } from "./checkHost.ts"
import { type Asked, checksNothing, reserving } from "./prepare.ts"
import { type Reserved, withAbsentShares } from "./reserved.ts"

/**
 * What has been reserved with the VM's lock, or may be. Whoever takes it over undoes it; until then that is for whoever has
 * reserved it.
 */
export interface Early {
  options: ReserveOptions | undefined
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
  const options = mayReserve ? yield* reserving({ ...asked, avoid: new Set() }, {}) : undefined
  return { options, reserved: undefined } satisfies Early as Early
})

/**
 * Reserves, once: what cannot be had at once is no error yet. It is taken back, and whoever has the lock looks at the host first
 * and is told what is wrong.
 */
export const reserveOnce = (tx: Tx, early: Early): void => {
  const { options } = early
  if (options === undefined) return
  early.options = undefined
  tx.run("SAVEPOINT early")
  try {
    early.reserved = withAbsentShares(tx, reserve(tx, options))
  } catch (cause) {
    // Of anything else the ledger itself is to blame.
    if (!(cause instanceof VmnetError)) throw cause
    tx.run("ROLLBACK TO early")
  }
  tx.run("RELEASE early")
}
