import { layerLedgerSqlite, withLock } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { procProbe } from "../procProbe.ts"

// holdLock.ts STATEDIR KEY: takes the lock, says so, and keeps it until it is killed.

const [stateDir, key] = process.argv.slice(2) as [string, string]

const layer = Layer.provideMerge(layerLedgerSqlite({ stateDir, install: "0123abcd" }), procProbe)
const forever = Effect.callback<never>(() => void setInterval(() => {}, 60_000))
const hold = withLock(key)(
  Effect.andThen(
    Effect.sync(() => console.log("held")),
    forever
  )
)
await Effect.runPromise(Effect.provide(hold, layer))
