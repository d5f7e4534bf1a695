import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"

export interface Ran {
  /** The exit code as a shell tells it: 128 and the signal's number for who died of a signal. */
  readonly code: number
  readonly stdout: string
  /** Lines of stderr: with `-v` one for each step. */
  readonly lines: ReadonlyArray<string>
}

export interface CommandOptions {
  readonly signal?: "SIGINT" | "SIGTERM"
  /** Sends `signal` when so many lines are there; 0: at once. */
  readonly afterLine?: number
}

export const codeOf = { SIGINT: 130, SIGTERM: 143 } as const

/** Runs the `vmnet` of a path to its end, whatever that is, and sends it at most one signal. */
export const vmnetCommand =
  (program: string) =>
  (argv: ReadonlyArray<string>, { signal, afterLine = 0 }: CommandOptions = {}): Effect.Effect<Ran> =>
    Effect.promise(async (): Promise<Ran> => {
      const child = spawn(program, argv, { stdio: ["ignore", "pipe", "pipe"] })
      let stdout = ""
      let stderr = ""
      let sent = false
      const sendAt = (lines: number): void => {
        if (signal === undefined || sent || lines < afterLine) return
        sent = true
        child.kill(signal)
      }
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text
        sendAt(stderr.split("\n").length - 1)
      })
      sendAt(0)
      const [status, died] = (await once(child, "close")) as [number | null, NodeJS.Signals | null]
      const code = status ?? (died === "SIGINT" || died === "SIGTERM" ? codeOf[died] : 1)
      return { code, stdout, lines: stderr.split("\n").slice(0, -1) }
    })
