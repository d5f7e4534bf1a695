import { spawnSync } from "node:child_process"

/** What every program is started with, and nothing else of this process's. */
export const environment = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" }
const patience = 60_000

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Runs a program to its end and gives what it printed; throws what it said where it failed. Nothing of this is timed. */
export const runProgram = (argv: ReadonlyArray<string>, { env = {}, input = "" }: ProgramOptions = {}): string => {
  const [file = "", ...args] = argv
  const { error, status, stderr, stdout } = spawnSync(file, args, {
    env: { ...environment, ...env },
    input,
    encoding: "utf8",
    timeout: patience
  })
  if (error !== undefined) throw new Error(`${argv.join(" ")}: ${error.message}`)
  if (status !== 0) throw new Error(`${argv.join(" ")} (${status}): ${`${stderr}${stdout}`.trim()}`)
  return stdout
}

/** All of them, whatever becomes of each. */
export const runAnyway = (steps: ReadonlyArray<ReadonlyArray<string>>): void => {
  for (const argv of steps) {
    try {
      runProgram(argv)
    } catch {
      // It is run after a failure, and most of what it takes away was never made.
    }
  }
}
