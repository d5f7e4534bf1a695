import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0) && !isZombie(pid)
  } catch {
    return false
  }
}

const isZombie = (pid: number): boolean => readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")

/** /proc is the only one to tell when a process that nobody waits for has ended. */
export const ended = (pid: number) =>
  Effect.promise(async () => {
    const deadline = performance.now() + 5_000
    while (isRunning(pid) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5))
    assert.isFalse(isRunning(pid), `process ${pid} is still there`)
  })

export const kill = (pid: number) =>
  Effect.andThen(
    Effect.sync(() => process.kill(pid, "SIGKILL")),
    ended(pid)
  )
