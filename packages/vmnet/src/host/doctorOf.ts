import {
  type Config,
  doctor,
  type DoctorContext,
  emptyConfig,
  type Finding,
  driftFindings,
  leftoverFindings,
  lostFindings,
  unknownDrift,
  unknownLeftovers,
  Vmnet,
  type VmnetError
} from "@vmnet/core"
import { Effect, type Layer, Result } from "effect"
import { knownNetworks } from "../config/knownNetworks.ts"
import { canonical } from "./canonical.ts"
import { operationsOf, type OpsChoice } from "./layerOps.ts"

export interface DoctorOptions {
  readonly stateDir: Result.Result<string, VmnetError>
  /** How the kernel is to be reached; absent where it is not this host's. */
  readonly ops?: OpsChoice | undefined
  /** The configuration, which may be what is wrong. */
  readonly config: Effect.Effect<Config, VmnetError>
  /** The service with its record in a state directory: only opened where there is a record. */
  readonly vmnet: (stateDir: string) => Layer.Layer<Vmnet, VmnetError>
}

/** The networks of the configuration; of one that cannot be read, the backends' own. */
const contextOf = Effect.fnUntraced(function* (config: Config, stateDir: string | null) {
  const { config: configured, default: own } = yield* knownNetworks(config)
  const forwarding = config.forwarding ?? "global"
  return { networks: [...configured, ...own], forwarding, stateDir } satisfies DoctorContext
})

/** What only the record tells: what is left over, what is not as planned, and what was lost with an earlier record. */
const recordChecks = (vmnet: Layer.Layer<Vmnet, VmnetError>) => {
  const asking = <A>(ask: (service: Vmnet["Service"]) => Effect.Effect<A, VmnetError>) =>
    Effect.provide(Vmnet.use(ask), vmnet)
  return [
    {
      ask: Effect.map(
        asking((service) => service.gc({ dryRun: true, timeout: 20 })),
        leftoverFindings
      ),
      otherwise: unknownLeftovers
    },
    {
      ask: Effect.map(
        asking((service) => service.check()),
        driftFindings
      ),
      otherwise: unknownDrift
    },
    {
      ask: Effect.map(
        asking((service) => service.status),
        lostFindings
      ),
      // Whoever cannot be asked for this cannot be asked for the others either, which say so.
      otherwise: () => []
    }
  ]
}

/** Calls in this process are the default: that they are not possible is worth a word, and no harm. */
const operationsFinding = Effect.fnUntraced(function* (choice: OpsChoice) {
  const { ops, why } = yield* operationsOf(choice)
  const isFallback = choice !== "exec" && ops === "exec"
  return {
    check: "operations",
    status: isFallback ? ("warning" as const) : ("ok" as const),
    message: `links and firewall are reached by ${ops === "native" ? "calls" : "programs"}: ${why}`,
    fix: isFallback ? "apt-get install libnftables1" : null,
    details: { ops, asked: choice }
  } satisfies Finding
})

const brokenConfig = (error: VmnetError) => ({
  check: "configuration",
  status: "problem" as const,
  message: error.message,
  fix: error.hint ?? "vmnet config check",
  details: { code: error.code, ...error.details }
})

/** A whole diagnosis. It opens no ledger but one that is there and ours, and makes no directory. */
export const doctorOf = Effect.fn("doctorOf")(function* ({ config, ops, stateDir, vmnet }: DoctorOptions) {
  const read = yield* Effect.result(config)
  const directory = Result.isSuccess(stateDir) ? canonical(stateDir.success) : null
  const context = yield* contextOf(Result.isSuccess(read) ? read.success : emptyConfig, directory)
  const record = directory === null ? [] : recordChecks(vmnet(directory))
  const { findings } = yield* doctor(context, record)
  const all = ops === undefined ? findings : [...findings, yield* operationsFinding(ops)]
  return { findings: Result.isSuccess(read) ? all : [brokenConfig(read.failure), ...all] }
})
