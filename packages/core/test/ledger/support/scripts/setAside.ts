import { layerLedgerSqlite, Ledger } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { procProbe } from "../procProbe.ts"

// setAside.ts STATEDIR WORD: finds the ledger damaged; sets it aside when told to, says where it is, and records a word.

const [stateDir, word] = process.argv.slice(2) as [string, string]

const program = Effect.gen(function* () {
  const { recovery, transact } = yield* Ledger
  const found = yield* Effect.result(recovery!.examine)
  console.log(found._tag === "Failure" ? "damaged" : "whole")
  yield* Effect.promise(() => new Promise((told) => process.stdin.once("data", told)))
  const aside = yield* recovery!.setAside
  yield* transact("record", (tx) => tx.run("INSERT INTO meta (key, value) VALUES (?, 'here')", word))
  console.log(aside === undefined ? "nothing" : "aside")
})

const ledger = layerLedgerSqlite({ stateDir, install: "0123abcd" }).pipe(Layer.provide(procProbe))
void Effect.runPromise(Effect.provide(program, ledger))
