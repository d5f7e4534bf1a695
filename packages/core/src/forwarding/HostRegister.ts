import { Context, Effect, Layer } from "effect"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { VmnetError } from "../errors/VmnetError.ts"
import { isDamaged } from "../ledger/ledgerErrors.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { layerLedgerSqlite } from "../ledger/LedgerSqlite.ts"
import { HostProbe } from "../ops/HostProbe.ts"

/**
 * Where the installs of a host (each with a state directory of its own) tell one another which parameters of the host
 * they hold. Without it an install takes itself for the only one.
 */
export interface HostRegisterShape {
  /** A ledger of no install, of which only locks and `held` are used; opened when it is first needed. */
  readonly open: Effect.Effect<Ledger["Service"], VmnetError>
  /** Whether an install's own record is there still: without it nobody will ever give back what the install holds. */
  readonly exists: (stateDir: string) => boolean
}

export const HostRegister = Context.Reference<HostRegisterShape | undefined>("@vmnet/core/HostRegister", {
  defaultValue: () => undefined
})

/** No install derives to this by other than a curiosity, and nothing carries it as a tag. */
const nobody = "00000000"

const registerDamaged = (directory: string, cause: VmnetError): VmnetError =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `the register of this host's parameters, ${directory}/ledger.db, is damaged: ${cause.message}`,
    hint: `Move it away (mv ${directory}/ledger.db ${directory}/ledger.db.damaged): who holds what begins anew, and parameters such as ip_forward stay as they are.`,
    details: { register: directory },
    cause
  })

const isThere = (stateDir: string): boolean => existsSync(join(stateDir, "ledger.db"))

/** The register in a directory that all installs of the host agree on. It is there from the first time on. */
export const layerHostRegister = (directory: string): Layer.Layer<never, never, HostProbe> =>
  Layer.effect(
    HostRegister,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const probe = yield* HostProbe
      const build = Layer.buildWithScope(layerLedgerSqlite({ stateDir: directory, install: nobody }), scope)
      const open = yield* Effect.cached(
        Effect.provideService(build, HostProbe, probe).pipe(
          Effect.map((context) => Context.get(context, Ledger)),
          Effect.mapError((error) => (isDamaged(error) ? registerDamaged(directory, error) : error))
        )
      )
      // What is wrong with it is told to whom it keeps from working.
      if (!isThere(directory)) yield* Effect.ignore(open)
      return { open, exists: isThere }
    })
  )
