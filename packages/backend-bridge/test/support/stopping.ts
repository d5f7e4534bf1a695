import { Effect } from "effect"
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { runOk } from "./kernel.ts"

const directory = "/run/vmnet-test"
const script = fileURLToPath(new URL("scripts/stopping.sh", import.meta.url))

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
    for (const file of ["here", "go"]) rmSync(`${directory}/${file}`, { force: true })
    writeFileSync(`${directory}/calls`, "")
    writeFileSync(`${directory}/at`, `${call}`)
  },
  calls: () => readFileSync(`${directory}/calls`, "utf8").split("\n").length - 1,
  reached: until(() => existsSync(`${directory}/here`)),
  goOn: Effect.suspend(() => {
    const pid = Number(readFileSync(`${directory}/here`, "utf8"))
    writeFileSync(`${directory}/go`, "")
    return until(() => !isAlive(pid))
  })
}

/**
 * Has every `ip` and `nft` of this mount namespace pass by here, while the scope lives: a moment in the middle of a system
 * call of vmnet's can be had whenever it is wanted, and for as long.
 */
export const stoppingPrograms = Effect.gen(function* () {
  mkdirSync(directory, { mode: 0o700 })
  yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
  stopping.stopAt(0)
  const standIn = `${directory}/stopping.sh`
  copyFileSync(script, standIn)
  chmodSync(standIn, 0o755)
  for (const program of ["ip", "nft"]) {
    const path = (yield* runOk("host", ["realpath", `/usr/sbin/${program}`])).trim()
    copyFileSync(path, `${directory}/${program}`)
    yield* Effect.acquireRelease(runOk("host", ["mount", "--bind", standIn, path]), () =>
      runOk("host", ["umount", path])
    )
  }
  return stopping
})
