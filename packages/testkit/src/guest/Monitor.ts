import { Effect } from "effect"
import { bounded, pause } from "./bounded.ts"
import type { Emulator } from "./Emulator.ts"
import { GuestError } from "./errors.ts"
import { readLines } from "./lines.ts"

/** QMP, as far as it is needed: one command at a time. */
export interface Monitor {
  readonly execute: (command: string, args?: object) => Effect.Effect<unknown, GuestError>
  /** Ask again and again until the answer satisfies. */
  readonly until: (
    command: string,
    satisfies: (answer: Readonly<Record<string, unknown>>) => boolean
  ) => Effect.Effect<Readonly<Record<string, unknown>>, GuestError>
}

interface Message {
  readonly return?: unknown
  readonly error?: { readonly desc?: string }
  readonly event?: string
}

const answerTimeout = 10_000

/** Connect to QEMU's monitor; its greeting is no answer, and neither are its events. */
export const connectMonitor = (emulator: Emulator): Effect.Effect<Monitor, GuestError> =>
  Effect.gen(function* () {
    let waiting: ((message: Message) => void) | undefined
    readLines(emulator.monitor, (line) => {
      const message = JSON.parse(line) as Message
      if (!("return" in message) && message.error === undefined) return
      const answer = waiting
      waiting = undefined
      answer?.(message)
    })
    const failed = (command: string, detail: string) =>
      new GuestError({ action: `have QEMU do ${command}`, detail, consoleTail: emulator.consoleTail() })
    const ask = (command: string, args: object): Effect.Effect<unknown, GuestError> =>
      Effect.callback((resume) => {
        waiting = (message) =>
          resume(
            message.error === undefined
              ? Effect.succeed(message.return)
              : Effect.fail(failed(command, message.error.desc ?? "refused"))
          )
        emulator.monitor.write(`${JSON.stringify({ execute: command, arguments: args })}\n`)
      })
    const execute: Monitor["execute"] = (command, args = {}) =>
      Effect.raceFirst(
        bounded(ask(command, args), answerTimeout, () => failed(command, "no answer")),
        Effect.andThen(
          emulator.ended,
          Effect.suspend(() => Effect.fail(failed(command, "QEMU has ended")))
        )
      )
    const until: Monitor["until"] = (command, satisfies) =>
      Effect.flatMap(execute(command), (answer) => {
        const fields = answer as Readonly<Record<string, unknown>>
        return satisfies(fields) ? Effect.succeed(fields) : Effect.andThen(pause(3), until(command, satisfies))
      })
    yield* execute("qmp_capabilities")
    return { execute, until }
  })
