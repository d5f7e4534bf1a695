import { type Context, Effect, Layer } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import type { Ledger, Tx } from "../ledger/Ledger.ts"
import { layerLedgerSqlite, type LedgerOptions } from "../ledger/LedgerSqlite.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { hostNetns } from "../ops/Netns.ts"
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
    Effect.gen(function* () {
      const services: Context.Context<LookNeeds> = yield* Effect.context<LookNeeds>()
      const netns = netnsOf(yield* HostProbe)
      const rebuild = Effect.provide(seen(options), services)
      return layerLedgerSqlite({ ...options, rebuild, ...(netns !== undefined && { netns }) })
    })
  )

/** Without the rights to change a host's network a record is about none: all of it is in namespaces of helpers. */
const netnsOf = ({ missingCapabilities, namespace }: HostProbe["Service"]): string | undefined =>
  missingCapabilities.length > 0 ? undefined : (namespace(hostNetns) ?? undefined)

const seen = ({ install, stateDir }: Omit<LedgerOptions, "rebuild">) =>
  Effect.map(look(install, stateDir), (sight) => {
    const subjects = subjectsOf(sight, install, stateDir)
    return (tx: Tx): void => record(tx, sight, subjects)
  })
