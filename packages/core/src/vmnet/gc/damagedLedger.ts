import { Effect } from "effect"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { isDamaged } from "../../ledger/ledgerErrors.ts"
import type { GcAction, GcResult } from "../Vmnet.ts"
import { notOwned } from "./GcLine.ts"

/**
 * Collects with a ledger that is whole: a damaged one is set aside and kept, and a new one begins with what the kernel
 * says. A rehearsal leaves it where it is, and asks the kernel in its place.
 */
export const withWholeLedger = <R>(
  dryRun: boolean,
  collection: Effect.Effect<GcResult, VmnetError, R>
): Effect.Effect<GcResult, VmnetError, R | Ledger> =>
  Effect.gen(function* () {
    const { recovery } = yield* Ledger
    if (recovery === undefined) return yield* collection
    return yield* Effect.catchIf(Effect.andThen(recovery.examine, collection), isDamaged, (error) =>
      dryRun ? rehearsed(collection, error) : setAside(collection, error)
    )
  })

const rehearsed = <R>(collection: Effect.Effect<GcResult, VmnetError, R>, error: VmnetError) =>
  Effect.gen(function* () {
    const { recovery, stateDir } = yield* Ledger
    if (recovery === undefined) return yield* error
    const memory = yield* recovery.standIn
    const { actions, problems } = yield* Effect.provideService(collection, Ledger, memory)
    return { actions: [ledgerLine(stateDir, "it would be set aside and kept", error), ...actions], problems }
  }).pipe(Effect.scoped)

const setAside = <R>(collection: Effect.Effect<GcResult, VmnetError, R>, error: VmnetError) =>
  Effect.gen(function* () {
    const { recovery, stateDir } = yield* Ledger
    if (recovery === undefined) return yield* error
    const aside = yield* recovery.setAside
    const { actions, problems } = yield* collection
    const what = aside === undefined ? "another process has set it aside" : `it is kept as ${aside}`
    return { actions: [ledgerLine(stateDir, what, error), ...actions], problems }
  })

const ledgerLine = (stateDir: string, what: string, error: VmnetError): GcAction =>
  notOwned({ vm: null, kind: "Ledger", name: `${stateDir}/ledger.db` }, `${error.message}; ${what}`)
