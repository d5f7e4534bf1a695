import type { ChapterResult, Figure } from "../results.ts"
import { summarize } from "../statistics.ts"

type More = Pick<Figure, "id" | "note" | "spread">

/** The figures of a chapter as they come, and what went wrong meanwhile. */
export class Figures {
  readonly #chapter: string
  readonly #figures: Array<Figure> = []
  readonly #problems: Array<string> = []

  constructor(chapter: string) {
    this.#chapter = chapter
  }

  add(what: string, value: number, unit: string, more: More = {}): void {
    const known = Object.entries(more).filter(([, one]) => one !== undefined)
    this.#figures.push({ chapter: this.#chapter, what, value, unit, ...Object.fromEntries(known) })
  }

  /** The middle of what was measured several times; nothing of nothing. */
  middle(what: string, values: ReadonlyArray<number>, unit: string, more: More = {}): void {
    const summary = summarize(values)
    if (summary === undefined) return
    const { median, p10, p90, samples } = summary
    const note = [...(more.note === undefined ? [] : [more.note]), samples === 1 ? "once" : `${samples} times`].join(
      "; "
    )
    this.add(what, median, unit, { ...(samples > 1 && { spread: [p10, p90] }), ...more, note })
  }

  problem(words: string): void {
    this.#problems.push(words.slice(0, 400))
  }

  get result(): ChapterResult {
    return { cells: [], figures: this.#figures, problems: this.#problems }
  }
}
