import { Progress, VmnetError } from "@vmnet/core"
import { Effect, Layer, Logger } from "effect"
import { builtinBackends } from "../host/builtinBackends.ts"
import { layerDiagnosis, layerVmnetHost } from "../host/layers.ts"
import { stateDirOf } from "../host/stateDir.ts"
import type { VmnetOptions } from "../options.ts"

/** On stderr, once, and for the program to catch (`process.on("warning")`): a library prints nothing by itself. */
const warnProcess = (message: string): void => process.emitWarning(message, "VmnetWarning")

/** What a program does with what it is told is no part of the work it is told about. */
const telling =
  <A>(tell: ((what: A) => void) | undefined, whenItThrows: (message: string) => void) =>
  (what: A): void => {
    try {
      tell?.(what)
    } catch (cause) {
      whenItThrows(`a listener of vmnet threw: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }

const warnings = (warn: (message: string) => void) =>
  Logger.layer([
    Logger.make(({ logLevel, message }) => {
      const words = Array.isArray(message) ? message : [message]
      if (logLevel === "Warn" || logLevel === "Error" || logLevel === "Fatal") warn(words.join(": "))
    })
  ])

/** Two backends of one kind would be one backend, and nobody would know which. */
const backendsOf = (more: VmnetOptions["backends"] = []): Effect.Effect<typeof builtinBackends, VmnetError> => {
  const all = [...builtinBackends, ...more]
  const twice = all.find(({ kind }, index) => all.findIndex((other) => other.kind === kind) !== index)
  if (twice === undefined) return Effect.succeed(all)
  return Effect.fail(
    new VmnetError({ code: "BAD_INPUT", detail: `backends: there is a backend called ${twice.kind} already` })
  )
}

const stateDirFor = (options: VmnetOptions) =>
  stateDirOf(options.stateDir, { uid: process.getuid?.() ?? 0, env: process.env })

/** What `doctor` needs: nothing of it opens a ledger. */
export const diagnosisOf = (options: VmnetOptions) =>
  Layer.unwrap(
    Effect.map(backendsOf(options.backends), (backends) => layerDiagnosis({ kernel: options.kernel, backends }))
  )

/** Where the record would be, and the service over it for when there is one. */
export const recordOf = (options: VmnetOptions) => ({
  stateDir: stateDirFor(options),
  vmnet: (stateDir: string) =>
    Layer.unwrap(
      Effect.map(backendsOf(options.backends), (backends) =>
        layerVmnetHost({ stateDir, kernel: options.kernel, ops: options.ops, backends })
      )
    )
})

/** All that verbs need, made from a program's options. */
export const servicesOf = (options: VmnetOptions) => {
  const warn = telling(options.onWarning ?? warnProcess, warnProcess)
  const progress = telling(options.onProgress, warn)
  return Layer.mergeAll(
    Layer.unwrap(
      Effect.gen(function* () {
        const stateDir = yield* Effect.fromResult(stateDirFor(options))
        const backends = yield* backendsOf(options.backends)
        return layerVmnetHost({ stateDir, kernel: options.kernel, ops: options.ops, backends })
      })
    ),
    warnings(warn),
    Layer.succeed(Progress, (step) => Effect.sync(() => progress(step)))
  )
}
