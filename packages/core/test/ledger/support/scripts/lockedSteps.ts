import { layerLedgerSqlite, Ledger, withLock } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { appendFileSync } from "node:fs"
import { procProbe } from "../procProbe.ts"

// lockedSteps.ts STATEDIR LOG TIMES: takes the lock again and again, and notes in LOG when it has it and when not.

const [stateDir, log, times] = process.argv.slice(2) as [string, string, string]

const note = (word: string) => Effect.sync(() => appendFileSync(log, `${process.pid} ${word}\n`))

const step = withLock("vm shared")(Effect.andThen(Effect.andThen(note("in"), Effect.sleep("3 millis")), note("out")))

const program = Effect.andThen(Ledger, Effect.repeat(step, { times: Number(times) - 1 }))

const layer = Layer.provideMerge(layerLedgerSqlite({ stateDir, install: "0123abcd" }), procProbe)
await Effect.runPromise(Effect.provide(program, layer))
