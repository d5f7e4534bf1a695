import { layerNative } from "@vmnet/ops-native"
import { PrivateHost } from "@vmnet/testkit"
import { layerService, suiteOn } from "@vmnet/testkit/conformance"
import { Effect, Layer, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import type { ProcessId } from "@vmnet/core"
import { backends } from "./memory.ts"

/** The service with all four backends on the real kernel of this private namespace. */
export const layerReal = Layer.fresh(layerService({ ...suiteOn("native", layerNative), backends }))

export const layerHost: Layer.Layer<PrivateHost> = Layer.orDie(PrivateHost.layer())

const idOf = (pid: number): ProcessId => ({
  pid,
  startTime: readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")[19]!,
  bootId: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
})

export interface OwnerProcess {
  readonly id: ProcessId
  readonly end: Effect.Effect<void>
}

/** A process of our own, for VMs to belong to. */
export const owner: Effect.Effect<OwnerProcess, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn("cat", { stdio: ["pipe", "ignore", "ignore"] })
      await once(child, "spawn")
      return child
    }),
    (child) => end(child)
  ),
  (child) => ({ id: idOf(child.pid!), end: end(child) })
)

const end = (child: ChildProcess): Effect.Effect<void> =>
  Effect.promise(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
  })
