import { type ProgressStep } from "@vmnet/core"
import { Console, Effect, Ref } from "effect"
import { printable } from "./printable.ts"
import { Streams } from "./Streams.ts"

/** Erases the line the cursor is on and returns to its first column (ECMA-48 EL 2, CR). */
const eraseLine = "\r\u001b[2K"

/** Shows the steps of one command; `done` takes the live line away and leaves the summary, if there is one, in its place. */
export interface ProgressView {
  readonly step: (step: ProgressStep) => Effect.Effect<void>
  readonly done: (summary: string | undefined) => Effect.Effect<void>
}

const words = (step: ProgressStep): string => printable(`${step.vm}: ${step.step}`)

/** `[#####---------------]  27% `: how far all of it is, where a step says so. */
const bar = ({ fraction }: ProgressStep): string => {
  if (fraction === undefined) return ""
  const filled = Math.round(fraction * barWidth)
  return `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}] ${`${Math.floor(fraction * 100)}`.padStart(3)}% `
}
const barWidth = 20

const silent: ProgressView = { step: () => Effect.void, done: () => Effect.void }

const lines: ProgressView = {
  step: (step) => Console.error(words(step)),
  done: (summary) => (summary === undefined ? Effect.void : Console.error(printable(summary)))
}

const live = (streams: Streams["Service"]): Effect.Effect<ProgressView> =>
  Effect.map(Ref.make(false), (drawn) => ({
    step: (step) => {
      // A line that wraps cannot be erased: stay within the width.
      const text = (bar(step) + words(step)).slice(0, Math.max(10, streams.columns() - 1))
      return Effect.andThen(Ref.set(drawn, true), streams.drawStderr(eraseLine + text))
    },
    done: (summary) =>
      Effect.gen(function* () {
        if (yield* Ref.getAndSet(drawn, false)) yield* streams.drawStderr(eraseLine)
        if (summary !== undefined) yield* Console.error(printable(summary))
      })
  }))

/** On a terminal one live line; in a pipe nothing, or with `-v` (on both) a line for every step. */
export const makeProgress = Effect.fn("makeProgress")(function* (verbose: boolean) {
  const streams = yield* Streams
  if (verbose) return lines
  return streams.stderr.terminal ? yield* live(streams) : silent
})
