import { Effect } from "effect"
import type { Streams } from "../terminal/Streams.ts"
import type { Style } from "../terminal/style.ts"

/** One thing the demo showed: what was done, what came of it, how long it took. */
export interface Entry {
  readonly step: string
  readonly result: string
  readonly milliseconds: number
}

/** Keeps what the demo has shown so far and tells it live, line by line. */
export interface Journal {
  readonly entries: ReadonlyArray<Entry>
  /** Times a step; its answer becomes the entry's result. */
  readonly step: <A, E, R>(
    step: string,
    work: Effect.Effect<A, E, R>,
    result: (answer: A) => string
  ) => Effect.Effect<A, E, R>
}

const eraseLine = "\r\u001b[2K"

/** On a terminal a step is shown while it runs; in a pipe once it is done. */
export const makeJournal = (streams: Streams["Service"], style: Style): Journal => {
  const entries: Array<Entry> = []
  const say = (text: string): Effect.Effect<void> => streams.drawStderr(text)
  const running = (step: string) => (streams.stderr.terminal ? say(`  … ${step}`) : Effect.void)
  const finished = (mark: string, step: string, rest: string) =>
    say(`${streams.stderr.terminal ? eraseLine : ""}  ${mark} ${step}${rest}\n`)
  return {
    entries,
    step: (step, work, result) =>
      Effect.gen(function* () {
        yield* running(step)
        const start = performance.now()
        const answer = yield* Effect.onError(work, () => finished(style.red("✗"), step, ""))
        const entry = { step, result: result(answer), milliseconds: Math.round(performance.now() - start) }
        entries.push(entry)
        yield* finished(style.green("✓"), step, style.dim(`  ${entry.result} (${entry.milliseconds} ms)`))
        return answer
      })
  }
}
