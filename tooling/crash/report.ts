import type { Job, KillReport } from "./Job.ts"
import { isFailure, type Result } from "./runAll.ts"

const mostLines = 20

const told = (what: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...lines.slice(0, mostLines).map((line) => `  ${what.padEnd(8)} ${line}`),
  ...(lines.length > mostLines ? [`  ${what.padEnd(8)} and ${lines.length - mostLines} more`] : [])
]

/** All about a kill that failed, and how to do just that one again. */
export const failureText = (job: Job, report: KillReport): string => {
  const { broken, delay, foreign, leaks, mode, point, words } = report
  const again = `pnpm test:crash --scenario ${job.scenario} --point ${point} --mode ${mode} --delay ${delay}`
  const lines = [
    `FAILED ${job.scenario}: killed ${mode} point ${point}, ${words}`,
    ...told("leak", leaks),
    ...told("foreign", foreign),
    ...told("broken", broken),
    `  again    ${again}`
  ]
  return lines.join("\n")
}

export interface Row {
  readonly verb: string
  readonly backend: string
}

interface Sum {
  kills: number
  leaks: number
  foreign: number
  broken: number
  completed: number
  seconds: number
}

const sum = (reports: ReadonlyArray<KillReport>): Sum => ({
  kills: reports.filter(({ reached }) => reached).length,
  leaks: reports.filter(({ leaks }) => leaks.length > 0).length,
  foreign: reports.filter(({ foreign }) => foreign.length > 0).length,
  broken: reports.filter(({ broken }) => broken.length > 0).length,
  completed: reports.filter(({ ended }) => ended === "after").length,
  seconds: Math.round(reports.reduce((total, { ms }) => total + ms, 0) / 1_000)
})

const lineOf = (title: string, { broken, completed, foreign, kills, leaks, seconds }: Sum): string =>
  [title.padEnd(24), ...[kills, leaks, foreign, broken, completed, seconds].map((one) => String(one).padStart(9))].join(
    ""
  )

const head =
  "verb, backend".padEnd(24) +
  ["kills", "leaks", "foreign", "broken", "done", "seconds"].map((one) => one.padStart(9)).join("")

/** A line for each verb and backend, and one for all. `done`: the host was as after the verb; otherwise as before it. */
export const table = (results: ReadonlyArray<Result>, rowOf: (scenario: string) => Row): string => {
  const rows = Map.groupBy(results, ({ job }) => {
    const { backend, verb } = rowOf(job.scenario)
    return `${verb}, ${backend}`
  })
  const lines = [...rows]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([title, some]) => lineOf(title, sum(some.flatMap(({ reports }) => reports))))
  return [head, ...lines, lineOf("all", sum(results.flatMap(({ reports }) => reports)))].join("\n")
}

/** Whatever makes the run a failure, one text each. */
export const verdict = (results: ReadonlyArray<Result>): ReadonlyArray<string> => [
  ...results.flatMap(({ job, reports }) => reports.filter(isFailure).map((report) => failureText(job, report))),
  ...results.flatMap(({ job, problems }) => problems.map((problem) => `FAILED ${job.scenario}: ${problem}`)),
  ...results
    .filter(({ reports, problems }) => reports.length + problems.length === 0)
    .map(({ job }) => `FAILED ${job.scenario}: nothing was killed`)
]
