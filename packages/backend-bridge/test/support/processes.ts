import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"

/** Ends a process and waits until it is gone and reaped. */
export const kill = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
  })

/** A process alone in a network namespace without a name: it is there when the effect completes. */
export const isolatedProcess: Effect.Effect<ChildProcess & { readonly pid: number }, never, Scope.Scope> =
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn("unshare", ["--net", "--", "cat"], { stdio: ["pipe", "pipe", "inherit"] })
      // Once it answers it is what it stays: a snapshot of processes sees no program take another's place.
      child.stdin.write("there\n")
      await once(child.stdout, "data")
      return child as unknown as ChildProcess & { readonly pid: number }
    }),
    kill
  )
