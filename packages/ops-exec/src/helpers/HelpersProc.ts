import { Commands, type HelperKey, Helpers, type HelperSpec, OpsError, type ProcessId } from "@vmnet/core"
import { type Attempt, ofSystemError } from "@vmnet/ops-common"
import { Effect, Layer } from "effect"
import { checkHelpers } from "./checkHelpers.ts"
import type { HelperContext } from "./context.ts"
import { endProcess } from "./end.ts"
import { changeForward, listForwards } from "./forwards.ts"
import { identify, readBootId } from "./identify.ts"
import { listHelpers } from "./listHelpers.ts"
import { subjectOf } from "./namespace.ts"
import { placeOf, removeFiles } from "./place.ts"
import { startHelper } from "./startHelper.ts"

export interface HelpersOptions {
  /** The state directory; helpers' records and sockets are below it. */
  readonly stateDir: string
}

const attemptOf = (verb: string, { helper, owner }: HelperKey): Attempt => ({
  family: "process",
  action: `${verb} ${helper} of ${subjectOf(owner)}`
})

const find = ({ stateDir, bootId }: HelperContext, key: HelperKey) =>
  Effect.try({
    try: () => identify(placeOf(stateDir, key), key, bootId),
    catch: (cause) => ofSystemError(attemptOf("find", key), cause)
  })

const stop = Effect.fnUntraced(function* (context: HelperContext, key: HelperKey): Effect.fn.Return<void, OpsError> {
  const attempt = attemptOf("stop", key)
  const found = yield* find(context, key)
  if (found._tag === "Absent") return yield* new OpsError({ ...attempt, reason: "Missing", output: "it is not there" })
  if (found._tag === "Running") {
    const gone = yield* Effect.tryPromise({
      try: () => endProcess(found.process),
      catch: (cause) => ofSystemError(attempt, cause)
    })
    if (!gone)
      return yield* new OpsError({ ...attempt, reason: "TimedOut", output: `process ${found.process.pid} stays` })
  }
  yield* Effect.try({
    try: () => removeFiles(placeOf(context.stateDir, key), key),
    catch: (cause) => ofSystemError(attempt, cause)
  })
})

/** A start that fails leaves nothing: its process is ended, its files are removed. */
const start = (context: HelperContext, owner: string, spec: HelperSpec): Effect.Effect<ProcessId, OpsError> => {
  const key: HelperKey = { owner, helper: spec.helper }
  return startHelper(context, key, spec, attemptOf("start", key)).pipe(
    Effect.tapError((error) => (error.reason === "Exists" ? Effect.void : Effect.ignore(stop(context, key))))
  )
}

const running = Effect.fnUntraced(function* (context: HelperContext, key: HelperKey, attempt: Attempt) {
  const found = yield* find(context, key)
  if (found._tag === "Running") return found.process
  return yield* new OpsError({ ...attempt, reason: "Missing", output: `${key.helper} is not running` })
})

const make = (context: HelperContext): Helpers["Service"] => ({
  check: Effect.fn("Helpers.check")((helpers) => checkHelpers(context.commands, helpers)),
  start: Effect.fn("Helpers.start")((owner, spec) => Effect.uninterruptible(start(context, owner, spec))),
  find: Effect.fn("Helpers.find")((key) => find(context, key)),
  stop: Effect.fn("Helpers.stop")((key) => Effect.uninterruptible(stop(context, key))),
  forward: Effect.fn("Helpers.forward")(function* (key, change) {
    const attempt = attemptOf("change the ports of", key)
    if (key.helper !== "slirp4netns") {
      return yield* new OpsError({ ...attempt, reason: "Unsupported", output: "only slirp4netns can, while it runs" })
    }
    yield* running(context, key, attempt)
    return yield* Effect.uninterruptible(changeForward(placeOf(context.stateDir, key), change))
  }),
  list: Effect.fn("Helpers.list")((install) =>
    Effect.try({
      try: () => listHelpers(context, install),
      catch: (cause) => ofSystemError({ family: "process", action: "list helpers" }, cause)
    })
  ),
  forwards: Effect.fn("Helpers.forwards")(function* (key) {
    const found = yield* find(context, key)
    return found._tag === "Running" ? yield* listForwards(placeOf(context.stateDir, key)) : []
  })
})

/** `Helpers` as processes of this host: known by /proc, recorded below the state directory. */
export const HelpersProc = {
  layer: (options: HelpersOptions): Layer.Layer<Helpers, OpsError, Commands> =>
    Layer.effect(
      Helpers,
      Effect.gen(function* () {
        const commands = yield* Commands
        const bootId = yield* Effect.try({
          try: readBootId,
          catch: (cause) => ofSystemError({ family: "process", action: "read the boot id" }, cause)
        })
        return make({ ...options, commands, bootId })
      })
    )
}
