import { type Context, Effect, Layer } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { Ledger, Tx } from "../ledger/Ledger.ts"
import { layerLedgerSqlite, type LedgerOptions } from "../ledger/LedgerSqlite.ts"
import { look, type LookNeeds } from "./look.ts"
import { record } from "./record.ts"
import { subjectsOf } from "./subjects.ts"

/**
 * The ledger of an install on a host: a new one begins with what the kernel says is ours, so that a record that is lost
 * (with `/run`, by a damaged file, by an `rm -rf`) takes nothing with it that anybody is responsible for. The look is had
 * once for each ledger, never on the way of an attach.
 */
export const layerLedger = (options: Omit<LedgerOptions, "rebuild">): Layer.Layer<Ledger, VmnetError, LookNeeds> =>
  Layer.unwrap(
    Effect.map(Effect.context<LookNeeds>(), (services) =>
      layerLedgerSqlite({ ...options, rebuild: Effect.provide(seen(options), services as Context.Context<LookNeeds>) })
    )
  )

const seen = ({ install, stateDir }: Omit<LedgerOptions, "rebuild">) =>
  Effect.map(look(install, stateDir), (sight) => {
    const subjects = subjectsOf(sight, install, stateDir)
    return (tx: Tx): void => record(tx, sight, subjects)
  })
