import { Effect } from "effect"
import { spawn } from "node:child_process"
import { PrivateHostError } from "./errors.ts"

/** How a program ended. `exitCode` is null when a signal ended it. */
export interface RunResult {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  /** Text for its standard input; without it the program reads end of file. */
  readonly stdin?: string
  /** Milliseconds until it is killed and the effect fails. Default 10 000. */
  readonly timeout?: number
}

/** What a program may write to one stream before it is killed. */
const maxOutput = 32 * 1024 * 1024

/** A program started from here sees this and nothing of the caller's environment. */
export const minimalEnvironment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", HOME: "/root" }

/** End a program and everything it started: it leads a process group of its own. */
export const killGroup = (pid: number | undefined, signal: NodeJS.Signals): void => {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: the group is gone, which is what was asked for.
  }
}

const groupExists = (pid: number): boolean => {
  try {
    return process.kill(-pid, 0)
  } catch {
    return false
  }
}

/**
 * Kill a group and wait until it is gone: what a killed program held (a port, a namespace) is free when this is done. At
 * most a second, since a member that nobody reaps stays for ever.
 */
export const endGroup = (pid: number | undefined): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (pid === undefined) return resume(Effect.void)
    killGroup(pid, "SIGKILL")
    const deadline = performance.now() + 1_000
    const look = () => {
      if (groupExists(pid) && performance.now() < deadline) setTimeout(look, 2)
      else resume(Effect.void)
    }
    look()
  })

/** Everything that a stream gives, once it has ended. */
const collect = (stream: NodeJS.ReadableStream, tooMuch: () => void) => {
  const chunks: Array<Buffer> = []
  let size = 0
  stream.on("data", (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxOutput) chunks.push(chunk)
    else tooMuch()
  })
  return () => Buffer.concat(chunks).toString("utf8")
}

/**
 * Run `argv` to its end. A non-zero exit is a result, not an error; not starting, running too long or writing too much is.
 * The bound is a timer of the system, not of Effect's clock, so that it holds under a test clock too.
 */
export const run = (
  argv: ReadonlyArray<string>,
  options: RunOptions = {}
): Effect.Effect<RunResult, PrivateHostError> =>
  Effect.callback((resume) => {
    const [file = "", ...args] = argv
    const timeout = options.timeout ?? 10_000
    const child = spawn(file, args, { detached: true, env: minimalEnvironment, stdio: "pipe" })
    const stop = (detail: string, cause?: unknown) => {
      clearTimeout(timer)
      const error = new PrivateHostError({ action: "run", object: argv.join(" "), detail, cause })
      resume(Effect.andThen(endGroup(child.pid), Effect.fail(error)))
    }
    const timer = setTimeout(() => stop(`not finished after ${timeout} ms`), timeout)
    const tooMuch = () => stop(`wrote more than ${maxOutput} bytes`)
    const stdout = collect(child.stdout, tooMuch)
    const stderr = collect(child.stderr, tooMuch)
    child.once("error", (cause) => stop(cause.message, cause))
    child.once("close", (exitCode, signal) => {
      clearTimeout(timer)
      resume(Effect.succeed({ exitCode, signal, stdout: stdout(), stderr: stderr() }))
    })
    // A program that ends without reading its input is no error of ours (EPIPE).
    child.stdin.on("error", () => {})
    child.stdin.end(options.stdin ?? "")
    return Effect.suspend(() => {
      clearTimeout(timer)
      return endGroup(child.pid)
    })
  })

/** Run `argv`, fail unless it exits with 0, and give its standard output. */
export const runOk = (argv: ReadonlyArray<string>, options: RunOptions = {}): Effect.Effect<string, PrivateHostError> =>
  Effect.flatMap(run(argv, options), (result) =>
    result.exitCode === 0
      ? Effect.succeed(result.stdout)
      : Effect.fail(
          new PrivateHostError({
            action: "run",
            object: argv.join(" "),
            detail: `${ending(result)}: ${result.stderr.trim() || "no message"}`
          })
        )
  )

const ending = (result: RunResult): string =>
  result.exitCode === null ? `ended by ${result.signal}` : `exit code ${result.exitCode}`
