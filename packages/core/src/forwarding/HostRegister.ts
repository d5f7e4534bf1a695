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

/** With the log, which SQLite would replay into whatever file comes next (sqlite.org/wal.html). */
const moveAway = (directory: string): string =>
  `mkdir -p ${directory}/damaged && mv ${directory}/ledger.db* ${directory}/damaged/`

/** No `ledger` in its details: it is not the install's own, which `gc` would set aside. */
const registerDamaged = (directory: string, { cause, message }: VmnetError): VmnetError =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `the register of this host's parameters, ${directory}/ledger.db, is damaged: ${message}`,
    hint:
      `Move it away: ${moveAway(directory)}. Then run the same again: the next command begins a new one. Where VMs of other ` +
      "state directories run, it is forgotten that they need ip_forward: after the last down here run for each of them: vmnet --state-dir DIR repair",
    details: { register: directory },
    cause
  })

/** The same ledger that says of its damage what helps there. */
const saying = (directory: string, ledger: Ledger["Service"]): Ledger["Service"] => {
  const named = <A>(work: Effect.Effect<A, VmnetError>) =>
    Effect.mapError(work, (error) => (isDamaged(error) ? registerDamaged(directory, error) : error))
  return {
    ...ledger,
    transact: (name, f) => named(ledger.transact(name, f)),
    rehearse: (name, f) => named(ledger.rehearse(name, f))
  }
}

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
          Effect.map((context) => saying(directory, Context.get(context, Ledger)))
        )
      )
      // What is wrong with it is told to whom it keeps from working.
      if (!isThere(directory)) yield* Effect.ignore(open)
      return { open, exists: isThere }
    })
  )
