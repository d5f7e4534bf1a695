import type { ConfigProblem } from "./Problem.ts"
import { formatPath, type Path, pathKey } from "./Path.ts"
import type { Sections } from "./sections/Section.ts"
import type { YamlSource } from "./YamlSource.ts"

/** Collects the problems of a file, each with the place it is written at. */
export class ConfigReader {
  readonly problems: Array<ConfigProblem> = []
  readonly #source: YamlSource
  readonly #refused = new Set<string>()
  /** What may be configured. */
  readonly sections: Sections

  constructor(source: YamlSource, sections: Sections) {
    this.#source = source
    this.sections = sections
    for (const { path, problem, offset } of source.problems) this.#add(path, problem, offset)
  }

  /** A wrong value. */
  refuse(path: Path, problem: string): void {
    this.#add(path, problem, this.#source.offsetOf(path, "value"))
  }

  /** A key that should not be there, or a name that should be another. */
  refuseKey(path: Path, problem: string): void {
    this.#add(path, problem, this.#source.offsetOf(path, "key"))
  }

  /** Whether this very option or section has been refused, for whatever reason. */
  isRefused(path: Path): boolean {
    return this.#refused.has(pathKey(path))
  }

  #add(path: Path, problem: string, offset: number): void {
    this.#refused.add(pathKey(path))
    this.problems.push({ path: formatPath(path), problem, ...this.#source.position(offset) })
  }
}
