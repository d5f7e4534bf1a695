import type { Job, KillReport } from "./Job.ts"
import { work } from "./worker.ts"

/** What a job's kills came to. */
export interface Result {
  readonly job: Job
  readonly reports: ReadonlyArray<KillReport>
  readonly unsteady: ReadonlyArray<string>
  /** What kept it from being done: it counts as a failure. */
  readonly problems: ReadonlyArray<string>
}

/** A scenario in which this much fails needs no further kills to be told broken. */
const mostFailures = 5

export const isFailure = ({ broken, foreign, leaks }: KillReport): boolean =>
  broken.length + foreign.length + leaks.length > 0

/** A world that a failure has spoiled is left, and the kills after it are done in another. */
const complete = async (job: Job, told: (job: Job, report: KillReport) => void): Promise<Result> => {
  const reports: Array<KillReport> = []
  const problems: Array<string> = []
  for (;;) {
    const done = await work({ ...job, from: reports.length }, (report) => told(job, report))
    reports.push(...done.reports)
    if (done.problem !== undefined) problems.push(done.problem)
    const isAll = done.problem === undefined && reports.length >= done.kills
    if (isAll || problems.length > 1 || reports.filter(isFailure).length >= mostFailures) {
      return { job, reports, unsteady: done.unsteady, problems }
    }
  }
}

/** All jobs, a few at a time, each in namespaces of its own. */
export const runAll = async (
  jobs: ReadonlyArray<Job>,
  workers: number,
  told: (job: Job, report: KillReport) => void
): Promise<ReadonlyArray<Result>> => {
  const waiting = [...jobs]
  const results: Array<Result> = []
  const next = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) results.push(await complete(job, told))
  }
  await Promise.all(Array.from({ length: workers }, next))
  return results
}
