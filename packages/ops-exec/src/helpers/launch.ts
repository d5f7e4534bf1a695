import type { HelperKey } from "@vmnet/core"
import { spawn } from "node:child_process"
import { closeSync, constants, openSync, readFileSync } from "node:fs"
import { programDirectories } from "../commands/programs.ts"
import { environmentOf } from "./tag.ts"
import type { Place } from "./place.ts"

/** How long a helper may take until it does its work, in milliseconds. */
const patience = 10_000

export interface Launch {
  readonly key: HelperKey
  readonly place: Place
  /** Absolute. */
  readonly program: string
  readonly args: ReadonlyArray<string>
  /** What it is called, where that is not its file's name: passt(1) is pasta by its name alone. */
  readonly argv0?: string
  readonly stdin?: number
  /** How it says that it does its work: it writes to this descriptor, or it goes to the background (`exit`). */
  readonly ready: 1 | 3 | "exit"
  /** Passed on as descriptors 4, 5, ... */
  readonly descriptors?: ReadonlyArray<number>
}

/** A helper that ended, or said nothing in time, instead of doing its work. */
export class NotStarted extends Error {
  readonly timedOut: boolean

  constructor(words: string, timedOut = false) {
    super(words)
    this.timedOut = timedOut
  }
}

const openLog = ({ log }: Place): number =>
  openSync(
    log,
    constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW,
    0o600
  )

const start = ({ args, argv0, descriptors = [], key, place, program, ready, stdin }: Launch) => {
  const log = openLog(place)
  try {
    return spawn(program, args, {
      ...(argv0 === undefined ? {} : { argv0 }),
      // A session of its own: neither ^C nor the end of the terminal reaches it.
      detached: true,
      cwd: place.directory,
      env: environmentOf(key, programDirectories.join(":")),
      stdio: [stdin ?? "ignore", ready === 1 ? "pipe" : log, log, ready === 3 ? "pipe" : "ignore", ...descriptors]
    })
  } finally {
    closeSync(log)
  }
}

const said = ({ log }: Place): string => readFileSync(log, "utf8").slice(-2000).trim()

/**
 * Starts a helper that outlives this process, and waits until it does its work. `started` is told the pid at once, before
 * anything can go wrong with it.
 */
export const launch = (options: Launch, started: (pid: number) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = start(options)
    const pipe = typeof options.ready === "number" ? child.stdio[options.ready] : null
    const done = (finish: () => void): void => {
      clearTimeout(timer)
      pipe?.destroy()
      child.removeAllListeners()
      // The process stays, and what is left of it here keeps nobody waiting.
      child.on("error", () => {})
      child.unref()
      finish()
    }
    const timer = setTimeout(
      () => done(() => reject(new NotStarted(`not ready within ${patience} ms: ${said(options.place)}`, true))),
      patience
    )
    child.once("error", (cause) => done(() => reject(cause)))
    child.once("exit", (code, signal) =>
      done(() => (options.ready === "exit" && code === 0 ? resolve() : reject(ending(options, code, signal))))
    )
    pipe?.once("data", () => done(resolve))
    if (child.pid !== undefined) started(child.pid)
  })

const ending = ({ place }: Launch, code: number | null, signal: string | null): NotStarted =>
  new NotStarted(said(place) || `it ended with ${signal ?? `exit code ${code}`}`)
