import { CommandError, type CommandResult, Commands, type CommandSpec } from "@vmnet/core"
import { Effect, Layer, Semaphore } from "effect"
import type { execa as Execa } from "execa"
import { closeSync } from "node:fs"
import { openInput } from "./inputFile.ts"
import { type FindProgram, findProgram, programDirectories } from "./programs.ts"

const defaultTimeout = 10_000
const defaultMaxOutput = 16 * 1024 * 1024
/** Programs at once: more of them only wait for the kernel's one lock on links, and run out of their time. */
const maxRunning = 8

/** The part of execa's result that decides; with `reject: false` it is all there is to look at. */
interface Ended {
  readonly exitCode?: number | undefined
  readonly signal?: string | undefined
  readonly isMaxBuffer: boolean
  readonly stdout: string
  readonly stderr: string
  readonly shortMessage?: string | undefined
}

const failure = (spec: CommandSpec, reason: CommandError["reason"], detail: string, cause?: unknown) =>
  new CommandError({
    program: spec.program,
    args: [...spec.args],
    reason,
    detail,
    ...(cause === undefined ? {} : { cause })
  })

const toResult = (spec: CommandSpec, ended: Ended): Effect.Effect<CommandResult, CommandError> => {
  if (ended.isMaxBuffer)
    return Effect.fail(
      failure(spec, "OutputTooLong", `printed more than ${spec.maxOutput ?? defaultMaxOutput} characters`)
    )
  if (ended.signal !== undefined) return Effect.fail(failure(spec, "Killed", `ended by ${ended.signal}`, ended))
  if (ended.exitCode === undefined) {
    return Effect.fail(failure(spec, "Failed", ended.shortMessage ?? "could not be started", ended))
  }
  return Effect.succeed({ exitCode: ended.exitCode, stdout: ended.stdout, stderr: ended.stderr })
}

/** execa passes any open descriptor on, though its types name only 3 to 9. */
const inherited = (descriptors: ReadonlyArray<number>) => descriptors as ReadonlyArray<3>

/** Loaded with the first program that is run: commands that only look things up start without it. */
const loadExeca = Effect.map(
  Effect.promise(() => import("execa")),
  ({ execa }) => execa
)

const spawn = (execa: typeof Execa, path: string, spec: CommandSpec, stdin: "ignore" | 3) =>
  execa(path, spec.args, {
    env: { PATH: programDirectories.join(":"), LC_ALL: "C" },
    extendEnv: false,
    cwd: "/",
    stdio: [stdin, "pipe", "pipe", ...inherited(spec.descriptors ?? [])],
    encoding: "utf8",
    stripFinalNewline: false,
    maxBuffer: spec.maxOutput ?? defaultMaxOutput,
    reject: false,
    // Its own process group, which is what execa signals: nothing it started outlives it.
    killDescendants: true,
    killSignal: "SIGKILL"
  })

const closeAll = (descriptors: ReadonlyArray<number>): void => {
  for (const fd of descriptors) closeSync(fd)
}

/** The child has its own descriptor of the input by the time `spawn` returns, with success or not. */
const start = (execa: typeof Execa, path: string, spec: CommandSpec): ReturnType<typeof spawn> | CommandError => {
  const input: Array<number> = []
  try {
    if (spec.stdin !== undefined) input.push(openInput(spec.stdin))
    return spawn(execa, path, spec, inherited(input)[0] ?? "ignore")
  } catch (cause) {
    return failure(spec, "Failed", `could not be started: ${String(cause)}`, cause)
  } finally {
    closeAll(input)
  }
}

/** Kills the whole group and lets go of the pipes, which a process that left the group might hold open. */
const stop = (child: ReturnType<typeof spawn>, ended: Promise<unknown>): Effect.Effect<void> =>
  Effect.promise(async () => {
    child.kill("SIGKILL")
    child.stdout?.destroy()
    child.stderr?.destroy()
    await ended
  })

const runOnce = (execa: typeof Execa, path: string, spec: CommandSpec): Effect.Effect<CommandResult, CommandError> =>
  Effect.callback((resume) => {
    const child = start(execa, path, spec)
    if (child instanceof CommandError) return resume(Effect.fail(child))
    const ended = child.then(
      (result) => resume(toResult(spec, result)),
      (cause: unknown) => resume(Effect.fail(failure(spec, "Failed", "could not be run", cause)))
    )
    return stop(child, ended)
  })

const running = Semaphore.makeUnsafe(maxRunning)

const make = (find: FindProgram): Commands["Service"] => ({
  run: Effect.fn("Commands.run")(function* (spec: CommandSpec) {
    if (spec.args.some((arg) => arg.includes("\0"))) return yield* failure(spec, "Failed", "an argument contains NUL")
    const path = yield* find(spec.program)
    const timeout = spec.timeout ?? defaultTimeout
    return yield* runOnce(yield* loadExeca, path, spec).pipe(
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.fail(failure(spec, "TimedOut", `no end within ${timeout} ms`))
      }),
      running.withPermit
    )
  })
})

/** `Commands` with execa: argv only, trusted system directories only, a minimal environment, nothing left running. */
export const CommandsExeca = {
  layer: Layer.succeed(Commands, make(findProgram)),
  /** For tests and unusual systems: programs found some other way. */
  layerWith: (find: FindProgram): Layer.Layer<Commands> => Layer.succeed(Commands, make(find))
}
