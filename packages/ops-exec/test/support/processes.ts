import { Effect } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync, readlinkSync } from "node:fs"
import { setTimeout } from "node:timers/promises"

export interface Running {
  readonly pid: number
  readonly end: Effect.Effect<void>
}

const endOf = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, "exit")
    child.kill("SIGKILL")
    await exit
  })

/** Starts a program that is ended with the scope at the latest. */
export const start = (program: string, ...args: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.promise(async (): Promise<Running> => {
      const child = spawn(program, args, { stdio: "ignore" })
      await once(child, "spawn")
      return { pid: child.pid ?? 0, end: endOf(child) }
    }),
    ({ end }) => end
  )

/** Waits for something that is about to happen, five seconds at most. */
export const until = (what: string, happened: () => boolean): Effect.Effect<void> =>
  Effect.promise(async () => {
    for (let attempt = 0; attempt < 500; attempt++) {
      if (happened()) return
      await setTimeout(10)
    }
    throw new Error(`waited in vain until ${what}`)
  })

export const exists = (pid: number): boolean => existsSync(`/proc/${pid}`)

export const statOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, "utf8")

/** Field 22, counted here without the code under test: `comm` of these programs has no space in it. */
export const startTimeOf = (pid: number): string => statOf(pid).split(" ")[21] ?? ""

export const childrenOf = (pid: number): ReadonlyArray<number> =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number)

export const netnsOf = (pid: number | "self"): string => readlinkSync(`/proc/${pid}/ns/net`)
