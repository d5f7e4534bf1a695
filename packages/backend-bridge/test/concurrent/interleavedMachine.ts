import { bridgeBackend } from "@vmnet/backend-bridge"
import { Backends, layerLedgerSqlite, layerVmnet, Ledger } from "@vmnet/core"
import { Effect, Layer, Random } from "effect"
import { type Machine, machine } from "../support/host.ts"
import { install } from "../support/memoryHost.ts"

/** As long as the seed has it, in the time of the test's clock. */
const pause = Effect.flatMap(Random.nextIntBetween(0, 4), (time) => Effect.sleep(`${time} millis`))

/** Transactions take their time, so that verbs overlap as those of several processes do. */
const interleaved = Layer.effect(
  Ledger,
  Ledger.useSync((ledger) => ({
    ...ledger,
    transact: (name, f) => Effect.andThen(pause, ledger.transact(name, f))
  }))
)

const layerInterleaved = ({ kernel, stateDir }: Machine) =>
  layerVmnet.pipe(
    Layer.provideMerge(interleaved),
    Layer.provide(layerLedgerSqlite({ stateDir, install })),
    Layer.provideMerge(kernel.layer),
    Layer.provide(Backends.layerOf([bridgeBackend])),
    Layer.orDie,
    Layer.fresh
  )

type Services = Layer.Success<ReturnType<typeof layerInterleaved>>

/** A machine on which verbs meet at every transaction. */
export const onInterleavedMachine = <A, E>(work: (machine: Machine) => Effect.Effect<A, E, Services>) =>
  Effect.scoped(Effect.flatMap(machine, (made) => Effect.provide(work(made), layerInterleaved(made))))
