import { layerLedgerSqlite, Ledger, type Tx, type VmnetError } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { fakeProbe } from "../../ledger/support/fakeProbe.ts"
import { stateDirIn } from "../../ledger/support/temporary.ts"

export const install = "0123abcd"

/** A ledger of its own for each test. */
export const freshLedger = (stateDir: string = stateDirIn()): Layer.Layer<Ledger, VmnetError> =>
  layerLedgerSqlite({ stateDir, install }).pipe(Layer.provide(fakeProbe()))

/** One transaction. */
export const inLedger = <A>(f: (tx: Tx) => A): Effect.Effect<A, VmnetError, Ledger> =>
  Effect.flatMap(Ledger, (ledger) => ledger.transact("test", f))
