import { type HelperKey, type HelperSpec, OpsError, type ProcessId } from "@vmnet/core"
import { type Attempt, ofSystemError, readProcessStat, reasonOfText } from "@vmnet/ops-common"
import { ofCommandError } from "../commands/ofCommandError.ts"
import { Effect } from "effect"
import { closeSync, readFileSync } from "node:fs"
import { findProgram } from "../commands/programs.ts"
import type { HelperContext } from "./context.ts"
import { discardFormer } from "./discardFormer.ts"
import { identify } from "./identify.ts"
import { launch, NotStarted } from "./launch.ts"
import { holdNamespace, makeTie, tieTo } from "./namespace.ts"
import { makeDirectory, pidFile, type Place, placeOf } from "./place.ts"
import { beginRecord, finishRecord } from "./record.ts"
import { pastaArgs, slirp4netnsArgs } from "./userNetworks.ts"

/** Everything a start needs, found before anything is made. */
interface Starting {
  readonly context: HelperContext
  readonly key: HelperKey
  readonly place: Place
  readonly attempt: Attempt
}

const failed = (attempt: Attempt, cause: unknown): OpsError =>
  cause instanceof NotStarted
    ? new OpsError({
        ...attempt,
        reason: cause.timedOut ? "TimedOut" : (reasonOfText(cause.message) ?? "Failed"),
        output: cause.message,
        cause
      })
    : ofSystemError(attempt, cause)

const program = (attempt: Attempt, bare: string): Effect.Effect<string, OpsError> =>
  Effect.mapError(findProgram(bare), (error) => ofCommandError(attempt, error))

const holderOf = ({ attempt, context, key }: Starting): Effect.Effect<ProcessId, OpsError> =>
  Effect.suspend(() => {
    const holder: HelperKey = { ...key, helper: "namespace" }
    const found = identify(placeOf(context.stateDir, holder), holder, context.bootId)
    return found._tag === "Running"
      ? Effect.succeed(found.process)
      : Effect.fail(new OpsError({ ...attempt, reason: "Missing", output: "nothing holds its namespace" }))
  })

/** Reserves the helper by its record, has it started, and writes it down the moment it has a pid. */
const recorded = (
  { attempt, context, key, place }: Starting,
  run: (started: (pid: number) => void) => Promise<void>
): Effect.Effect<ProcessId, OpsError> =>
  Effect.tryPromise({
    try: async () => {
      const record = beginRecord(place)
      try {
        let process: ProcessId | undefined
        await run((pid) => {
          const startTime = readProcessStat(pid)?.startTime
          if (startTime === undefined) return
          process = { pid, startTime, bootId: context.bootId }
          finishRecord(record, key, process)
        })
        if (process === undefined) throw new NotStarted("it ended at once")
        return process
      } finally {
        closeSync(record)
      }
    },
    catch: (cause) => failed(attempt, cause)
  })

const startNamespace = Effect.fnUntraced(function* (starting: Starting) {
  const { attempt, context, key, place } = starting
  const programs = { unshare: yield* program(attempt, "unshare"), cat: yield* program(attempt, "cat") }
  const made = yield* Effect.mapError(context.commands.run(makeTie(place)), (error) => ofCommandError(attempt, error))
  if (made.exitCode !== 0) {
    return yield* new OpsError({ ...attempt, reason: reasonOfText(made.stderr) ?? "Failed", output: made.stderr })
  }
  return yield* recorded(starting, (started) => holdNamespace({ key, place }, programs, started))
})

const startUserNetwork = Effect.fnUntraced(function* (
  starting: Starting,
  spec: Exclude<HelperSpec, { readonly helper: "namespace" }>
) {
  const { attempt, key, place } = starting
  const path = yield* program(attempt, spec.helper)
  const holder = yield* holderOf(starting)
  if (spec.helper === "pasta") {
    const args = pastaArgs(spec, holder, place)
    return yield* recorded(starting, async (started) => {
      await launch({ key, place, program: path, argv0: "pasta", args, ready: "exit" }, () => {})
      started(Number(readFileSync(pidFile(place, "pasta"), "utf8")))
    })
  }
  return yield* recorded(starting, async (started) => {
    const tie = tieTo(holder.pid)
    try {
      const args = slirp4netnsArgs(spec, holder)
      await launch({ key, place, program: path, args, ready: 3, descriptors: [tie] }, started)
    } finally {
      closeSync(tie)
    }
  })
})

/** Starts a helper, which does its work when this is done. */
export const startHelper = Effect.fnUntraced(function* (
  context: HelperContext,
  key: HelperKey,
  spec: HelperSpec,
  attempt: Attempt
) {
  const starting: Starting = { context, key, attempt, place: placeOf(context.stateDir, key) }
  yield* Effect.try({
    try: () => {
      discardFormer(context, key)
      makeDirectory(starting.place)
    },
    catch: (cause) => ofSystemError(attempt, cause)
  })
  return yield* spec.helper === "namespace" ? startNamespace(starting) : startUserNetwork(starting, spec)
})
