import { Effect } from "effect"
import type { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { isUnwritable } from "../../ledger/ledgerErrors.ts"
import type { GcResult } from "../Vmnet.ts"
import { stays, type Subject } from "./GcLine.ts"

/**
 * What goes wrong with one object keeps no other from being looked at. When the ledger takes no writes any more that is not
 * about one object: the verb has to know (`withoutRecord`). What is wrong with another's, the host's register, is.
 */
export const orStays =
  (subject: Subject) =>
  <R>(work: Effect.Effect<GcResult, VmnetError, R>): Effect.Effect<GcResult, VmnetError, R | Ledger> =>
    Effect.gen(function* () {
      const { stateDir } = yield* Ledger
      const isAboutAll = (error: VmnetError) => isUnwritable(error) && error.details?.["stateDir"] === stateDir
      return yield* Effect.catch(work, (error) =>
        isAboutAll(error)
          ? Effect.fail(error)
          : Effect.succeed<GcResult>({ actions: [stays(subject, error.message)], problems: [error] })
      )
    })
