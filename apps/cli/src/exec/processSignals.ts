import { Effect, Layer } from "effect"
import { constants } from "node:os"
import { Signals } from "./Signals.ts"

const stopping = ["SIGINT", "SIGTERM", "SIGHUP"] as const
/** SIGUSR1 is here because Node would open its debugger on it. */
const alsoHandedOver = ["SIGQUIT", "SIGUSR1", "SIGUSR2"] as const

/** What signals do to the program. */
export interface SignalWatch {
  /** What the first signal does: it begins an orderly end. */
  readonly onStop: (stop: () => void) => void
  /** 128+n once signal n has asked for the end. */
  readonly exitCode: () => number | undefined
  readonly layer: Layer.Layer<Signals>
}

/** Ends as the signal would have by itself: `process.exit` would wait for a read that may never return. */
const force = (signal: NodeJS.Signals): void => {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

/** The first signal stops in an orderly way, a second one of any kind at once. A receiver gets all of them instead. */
export const watchSignals = (): SignalWatch => {
  let receiver: ((signal: NodeJS.Signals) => void) | undefined
  let exitCode: number | undefined
  let stop = (): void => {}

  const receive = (signal: NodeJS.Signals): void => {
    if (receiver !== undefined) return receiver(signal)
    if (exitCode !== undefined) return force(signal)
    exitCode = 128 + constants.signals[signal]
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[2Kvmnet: stopping; again to force it\n")
    return stop()
  }
  for (const signal of stopping) process.on(signal, receive)

  const handOver: Signals["Service"]["handOver"] = (next) =>
    Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => {
          receiver = next
          for (const signal of alsoHandedOver) process.on(signal, receive)
        }),
        () =>
          Effect.sync(() => {
            receiver = undefined
            for (const signal of alsoHandedOver) process.off(signal, receive)
          })
      )
    )
  return {
    onStop: (next) => {
      stop = next
    },
    exitCode: () => exitCode,
    layer: Layer.succeed(Signals, { handOver })
  }
}
