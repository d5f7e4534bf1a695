import { VmnetError } from "../errors/VmnetError.ts"

/** One thing wrong with what a person gave: where (`--publish 80:99999`, `networks.web.subnet`) and what. */
export interface Problem {
  readonly path: string
  readonly problem: string
}

/** A problem of a configuration file; line and column count from 1. */
export interface ConfigProblem extends Problem {
  readonly line: number
  readonly column: number
}

/** All problems of a command line at once, one line each. */
export const badInput = (problems: ReadonlyArray<Problem>): VmnetError =>
  new VmnetError({
    code: "BAD_INPUT",
    detail: problems.map(({ path, problem }) => `${path}: ${problem}`).join("\n"),
    details: { problems }
  })

const inOrder = (a: ConfigProblem, b: ConfigProblem): number => a.line - b.line || a.column - b.column

/** How many problems of a file are printed, and how many are passed on at all: a broken file can have any number. */
const maxPrinted = 100
const maxKept = 1000

/** All problems of a file at once, in the order of the file: `config.yaml:3:12 networks.web.subnet: ...`. */
export const configInvalid = (file: string, problems: ReadonlyArray<ConfigProblem>): VmnetError => {
  const sorted = problems.toSorted(inOrder)
  const lines = sorted.slice(0, maxPrinted).map((problem) => formatConfigProblem(file, problem))
  const rest = sorted.length > maxPrinted ? [`${file}: and ${sorted.length - maxPrinted} more problems`] : []
  return new VmnetError({
    code: "CONFIG_INVALID",
    detail: [...lines, ...rest].join("\n"),
    hint: `correct ${file}; \`vmnet config schema\` prints what it may contain`,
    details: { file, problems: sorted.slice(0, maxKept) }
  })
}

const formatConfigProblem = (file: string, { path, problem, line, column }: ConfigProblem): string =>
  path === "" ? `${file}:${line}:${column} ${problem}` : `${file}:${line}:${column} ${path}: ${problem}`
