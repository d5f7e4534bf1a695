import { Effect } from "effect"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { isDamaged } from "../../ledger/ledgerErrors.ts"
import type { GcResult } from "../Vmnet.ts"
import { moves, notOwned, type Subject } from "./GcLine.ts"

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
    return {
      actions: [
        moves({ dryRun: true }, ledgerOf(stateDir), `${error.message}; it would be set aside and kept`),
        ...actions
      ],
      problems
    }
  }).pipe(Effect.scoped)

const setAside = <R>(collection: Effect.Effect<GcResult, VmnetError, R>, error: VmnetError) =>
  Effect.gen(function* () {
    const { recovery, stateDir } = yield* Ledger
    if (recovery === undefined) return yield* error
    const aside = yield* recovery.setAside
    const { actions, problems } = yield* collection
    const line =
      aside === undefined
        ? notOwned(ledgerOf(stateDir), `${error.message}; another process has set it aside`)
        : moves({ dryRun: false }, ledgerOf(stateDir), `${error.message}; it is kept as ${aside}`)
    return { actions: [line, ...actions], problems }
  })

const ledgerOf = (stateDir: string): Subject => ({ vm: null, kind: "Ledger", name: `${stateDir}/ledger.db` })
