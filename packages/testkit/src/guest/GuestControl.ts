import { Effect } from "effect"
import { bounded } from "./bounded.ts"
import type { Emulator } from "./Emulator.ts"
import { GuestError } from "./errors.ts"
import { readyLine } from "./initScript.ts"
import { readLines } from "./lines.ts"

/** How a program in the guest ended. */
export interface GuestResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The guest's control line: commands of its shell, any number at a time. */
export interface GuestControl {
  /** Completes when a booting guest takes commands. */
  readonly ready: Effect.Effect<void, GuestError>
  /** Run a line of shell; milliseconds until giving up. */
  readonly shell: (text: string, timeout: number) => Effect.Effect<GuestResult, GuestError>
}

/** More might overrun the guest's serial port, which has no flow control. */
const longestCommand = 32 * 1024

interface Running {
  readonly out: Array<string>
  readonly err: Array<string>
  readonly resume: (effect: Effect.Effect<GuestResult, GuestError>) => void
}

const decode = (lines: ReadonlyArray<string>) =>
  Buffer.concat(lines.map((line) => Buffer.from(line, "base64"))).toString("utf8")

/** Quote for the guest's shell, as one line. (A replacement text would not do: `$'` means something in it.) */
export const quoted = (word: string): string =>
  `'${word.replaceAll("'", () => `'\\''`).replaceAll("\n", () => `'$'\\n''`)}'`

export const connectControl = (emulator: Emulator): GuestControl => {
  const running = new Map<string, Running>()
  let last = 0
  let isReady: () => void = () => {}
  const ready = new Promise<void>((resolve) => {
    isReady = resolve
  })
  const failed = (action: string, detail: string) =>
    new GuestError({ action, detail, consoleTail: emulator.consoleTail() })

  const onLine = (line: string) => {
    const [kind = "", id = "", text = ""] = line.split(" ")
    const one = running.get(id)
    if (kind === readyLine) isReady()
    if (one === undefined) return
    if (kind === "out") one.out.push(text)
    if (kind === "err") one.err.push(text)
    if (kind !== "end") return
    running.delete(id)
    one.resume(Effect.succeed({ exitCode: Number(text), stdout: decode(one.out), stderr: decode(one.err) }))
  }
  readLines(emulator.control, onLine)

  /** Whatever is waited for, the end of QEMU ends the wait. */
  const whileAlive = <A>(effect: Effect.Effect<A, GuestError>, action: string) =>
    Effect.raceFirst(
      effect,
      Effect.andThen(
        emulator.ended,
        Effect.suspend(() => Effect.fail(failed(action, "QEMU has ended")))
      )
    )
  const ask = (text: string): Effect.Effect<GuestResult, GuestError> =>
    Effect.callback((resume) => {
      const id = String((last += 1))
      running.set(id, { out: [], err: [], resume })
      emulator.control.write(`${id} ${text}\n`)
      return Effect.sync(() => running.delete(id))
    })
  const shell: GuestControl["shell"] = (text, timeout) => {
    const action = `run ${text} in the guest`
    if (Buffer.byteLength(text) > longestCommand) return Effect.fail(failed(action, "the command is too long"))
    return whileAlive(
      bounded(ask(text), timeout, () => failed(action, `not finished after ${timeout} ms`)),
      action
    )
  }
  return {
    ready: whileAlive(
      Effect.promise(() => ready),
      "boot a guest"
    ),
    shell
  }
}
