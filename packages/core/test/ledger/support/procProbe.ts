import { HostProbe, type ProcessId } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { readFileSync } from "node:fs"

const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()

/** Field 22 of `/proc/PID/stat`, behind the command in parentheses; a zombie counts as gone (proc(5)). */
const find = (pid: number): ProcessId | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return fields[0] === "Z" ? null : { pid, startTime: fields[19]!, bootId }
  } catch {
    return null
  }
}

/** The real processes of this machine, for tests that are several of them. */
export const procProbe: Layer.Layer<HostProbe> = Layer.sync(HostProbe, () => ({
  self: find(process.pid)!,
  find,
  alive: (known) => {
    const found = find(known.pid)
    return found !== null && found.startTime === known.startTime && found.bootId === known.bootId
  },
  sockets: Effect.succeed([]),
  resolvers: Effect.succeed([]),
  namespace: () => null,
  inhabited: () => Effect.succeed(false),
  tunsOf: () => [],
  tapUse: () => Effect.succeed({ held: false, uid: null, gid: null }),
  missingCapabilities: []
}))
