import { layerLedgerSqlite, Ledger } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { procProbe } from "../procProbe.ts"

// count.ts STATEDIR TIMES: opens the ledger when told to, then adds one to a counter again and again.

const [stateDir, times] = process.argv.slice(2) as [string, string]

const program = Effect.gen(function* () {
  const ledger = yield* Ledger
  for (let time = 0; time < Number(times); time++) {
    yield* ledger.transact("count", (tx) => {
      const value = tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'counter'")?.value ?? "0"
      tx.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('counter', ?)", String(Number(value) + 1))
    })
  }
})

console.log("ready")
process.stdin.once("data", () => {
  const ledger = layerLedgerSqlite({ stateDir, install: "0123abcd" }).pipe(Layer.provide(procProbe))
  void Effect.runPromise(Effect.provide(program, ledger)).then(() => console.log("done"))
})
