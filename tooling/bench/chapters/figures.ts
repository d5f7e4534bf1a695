import { brief } from "../report/number.ts"
import type { ChapterResult, Figure } from "../results.ts"
import { median } from "../statistics.ts"

/** The figures of a chapter as they come, and what went wrong meanwhile. */
export class Figures {
  readonly #chapter: string
  readonly #figures: Array<Figure> = []
  readonly #problems: Array<string> = []

  constructor(chapter: string) {
    this.#chapter = chapter
  }

  add(what: string, value: number, unit: string, { id, note }: Pick<Figure, "id" | "note"> = {}): void {
    const more = { ...(id !== undefined && { id }), ...(note !== undefined && { note }) }
    this.#figures.push({ chapter: this.#chapter, what, value, unit, ...more })
  }

  /** The middle of what was measured several times, with the rest of it in words; nothing of nothing. */
  middle(
    what: string,
    values: ReadonlyArray<number>,
    unit: string,
    { id, note }: Pick<Figure, "id" | "note"> = {}
  ): void {
    if (values.length === 0) return
    const spread = `${brief(Math.min(...values))} to ${brief(Math.max(...values))}, ${values.length} times`
    const words = [note, values.length === 1 ? "once" : spread].filter((one) => one !== undefined).join("; ")
    this.add(what, median(values), unit, { ...(id !== undefined && { id }), note: words })
  }

  problem(words: string): void {
    this.#problems.push(words.slice(0, 400))
  }

  get result(): ChapterResult {
    return { cells: [], figures: this.#figures, problems: this.#problems }
  }
}
