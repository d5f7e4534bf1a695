import { Effect } from "effect"
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { calls, fileOf, standIns, strikeAt } from "./standIns.ts"

/** Programs that are stopped at one call of all. */
export interface Stopping {
  /** Stops at the `call`th call from now on, from 1; 0 at none. */
  readonly stopAt: (call: number) => void
  /** How many calls there were. */
  readonly calls: () => number
  /** Completes when the call is reached and its program waits. */
  readonly reached: Effect.Effect<void>
  /** Lets it go on, and completes when it has ended, whoever is left to wait for it. */
  readonly goOn: Effect.Effect<void>
}

const until = (done: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    while (!done()) await setTimeout(5)
  })

const isAlive = (pid: number): boolean => {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

const stopping: Stopping = {
  stopAt: (call) => {
    for (const file of ["here", "go"]) rmSync(fileOf(file), { force: true })
    strikeAt(call)
  },
  calls: () => calls().length,
  reached: until(() => existsSync(fileOf("here"))),
  goOn: Effect.suspend(() => {
    const pid = Number(readFileSync(fileOf("here"), "utf8"))
    writeFileSync(fileOf("go"), "")
    return until(() => !isAlive(pid))
  })
}

/** A moment in the middle of a system call of vmnet's can be had whenever it is wanted, and for as long. */
export const stoppingPrograms = Effect.as(standIns("stopping.sh"), stopping)
