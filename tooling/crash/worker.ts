import { spawn } from "node:child_process"
import { readlinkSync } from "node:fs"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import type { Job, KillReport, Report } from "./Job.ts"

const program = fileURLToPath(new URL("../../apps/cli/test/crash/worker.ts", import.meta.url))

/** As long as no line comes, in milliseconds. */
const patience = 120_000

export interface Done {
  readonly kills: number
  readonly unsteady: ReadonlyArray<string>
  readonly reports: ReadonlyArray<KillReport>
  /** Why it ended without having done its kills. */
  readonly problem?: string
}

const namespaces = (): string => `${readlinkSync("/proc/self/ns/net")} ${readlinkSync("/proc/self/ns/mnt")}`

/** It dies with this process: what it does to its network must not outlive the run. */
const enter = (argv: ReadonlyArray<string>): ReadonlyArray<string> => {
  const alone = ["--pdeathsig", "KILL", "unshare", "--net", "--mount", "--propagation", "private", "--"]
  return [...alone, "env", `VMNET_TESTKIT_OUTSIDE=${namespaces()}`, ...argv]
}

/** Does a job until its end or its first failure; `told` hears of each kill. */
export const work = (job: Job, told: (report: KillReport) => void): Promise<Done> =>
  new Promise((resolve) => {
    const child = spawn("/usr/bin/setpriv", enter([process.execPath, program, JSON.stringify(job)]), {
      stdio: ["ignore", "pipe", "pipe"]
    })
    const reports: Array<KillReport> = []
    let world = { kills: 0, unsteady: [] as ReadonlyArray<string> }
    let stderr = ""
    const stuck = () => child.kill("SIGKILL")
    let timer = setTimeout(stuck, patience)
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr = (stderr + text).slice(-8_000)))
    createInterface({ input: child.stdout }).on("line", (line) => {
      clearTimeout(timer)
      timer = setTimeout(stuck, patience)
      const report = JSON.parse(line) as Report
      if (report.kind === "world") world = report
      else {
        reports.push(report)
        told(report)
      }
    })
    child.once("close", (code, signal) => {
      clearTimeout(timer)
      const problem = code === 0 ? {} : { problem: `ended with ${signal ?? code}: ${stderr}` }
      resolve({ ...world, reports, ...problem })
    })
  })
