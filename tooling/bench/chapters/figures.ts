import type { ChapterResult, Figure } from "../results.ts"

/** The figures of a chapter as they come, and what went wrong meanwhile. */
export class Figures {
  readonly #chapter: string
  readonly #figures: Array<Figure> = []
  readonly #problems: Array<string> = []

  constructor(chapter: string) {
    this.#chapter = chapter
  }

  add(what: string, value: number, unit: string, note?: string): void {
    this.#figures.push({ chapter: this.#chapter, what, value, unit, ...(note !== undefined && { note }) })
  }

  /** The milliseconds that some work took; nothing where it failed, and why among the problems. */
  async time(what: string, work: () => Promise<unknown>): Promise<number | undefined> {
    const began = performance.now()
    try {
      await work()
    } catch (cause) {
      this.problem(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`)
      return undefined
    }
    const took = performance.now() - began
    this.add(what, took, "ms")
    return took
  }

  problem(words: string): void {
    this.#problems.push(words.slice(0, 400))
  }

  get result(): ChapterResult {
    return { cells: [], figures: this.#figures, problems: this.#problems }
  }
}
