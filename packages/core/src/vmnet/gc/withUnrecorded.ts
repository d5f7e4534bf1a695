import { Effect } from "effect"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { isUnwritable } from "../../ledger/ledgerErrors.ts"
import type { LookNeeds } from "../../rebuild/look.ts"
import { lookForUnrecorded, type Unrecorded } from "../../rebuild/unrecorded.ts"
import type { GcResult } from "../Vmnet.ts"
import type { GcRun } from "./GcRun.ts"

/**
 * Collects when what carries our tag and belongs to nothing on record is on record too: as VMs whose record was lost, which
 * stay until somebody takes them down. A rehearsal has them in a copy.
 */
export const withUnrecorded = <R>(
  run: GcRun,
  collection: Effect.Effect<GcResult, VmnetError, R>
): Effect.Effect<GcResult, VmnetError, R | Ledger | LookNeeds> =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const found = yield* Effect.result(lookForUnrecorded)
    // Who cannot look collects what is on record all the same.
    if (found._tag === "Failure") return yield* orFailed(collection, found.failure)
    const unrecorded = found.success
    if (unrecorded === undefined) return yield* collection
    if (run.dryRun) return yield* overCopy(collection, unrecorded)
    yield* ledger.transact("record what is on no record", unrecorded.record)
    return withNames(yield* collection, unrecorded)
  })

const orFailed = <R>(collection: Effect.Effect<GcResult, VmnetError, R>, error: VmnetError) =>
  isUnwritable(error)
    ? Effect.fail(error)
    : Effect.map(collection, ({ problems, ...rest }): GcResult => ({ ...rest, problems: [...problems, error] }))

const overCopy = <R>(collection: Effect.Effect<GcResult, VmnetError, R>, unrecorded: Unrecorded) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    // One in memory is a copy itself.
    const copy = ledger.recovery === undefined ? ledger : yield* ledger.recovery.standIn
    yield* copy.transact("record what is on no record", unrecorded.record)
    return withNames(yield* Effect.provideService(collection, Ledger, copy), unrecorded)
  }).pipe(Effect.scoped)

const withNames = (result: GcResult, { vms }: Unrecorded): GcResult =>
  vms.length === 0 ? result : { ...result, unrecorded: vms }
