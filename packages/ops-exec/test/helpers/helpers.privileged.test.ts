import { layerExec } from "@vmnet/ops-exec"
import { helpersConformance } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { ip } from "../support/programs.ts"

// 127.0.0.1 can be bound once the loopback device is up.
ip("link", "set", "dev", "lo", "up")

/** Gone, or waiting for somebody to take note of it. */
const hasEnded = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")
  } catch {
    return true
  }
}

const end = (pid: number) =>
  Effect.promise(async () => {
    process.kill(pid, "SIGKILL")
    while (!hasEnded(pid)) await new Promise((resolve) => setTimeout(resolve, 2))
  })

helpersConformance("as processes", () => layerExec({ install: "0a1b2c3d", stateDir: "/run/vmnet-helpers" }), end)
