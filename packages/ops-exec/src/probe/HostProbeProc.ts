import { type BoundSocket, HostProbe, netnsKey, OpsError, type ProcessId } from "@vmnet/core"
import { type Attempt, isProvenAbsent, ofSystemError, readProcessStat } from "@vmnet/ops-common"
import { Effect, Layer } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { missingCapabilities } from "./capabilities.ts"
import { inhabited } from "./inhabited.ts"
import { namespaceIdentity } from "./namespaceIdentity.ts"
import { mayBeInhabited, pidNamespaceOf } from "./pidNamespace.ts"
import { behindStubs, usableResolvers } from "./resolvers.ts"
import { tapUse, tunsOf } from "./tapUse.ts"
import { distinct, parseSockets, socketTables } from "./sockets.ts"

const read = (path: string): string => readFileSync(path, "utf8")

/** Empty when the file is not there or not readable: what is not written down is not known. */
const readIfAny = (path: string): string => {
  try {
    return read(path)
  } catch {
    return ""
  }
}

/** A kernel without IPv6 has no table for it; any other trouble must not look like free ports. */
const boundSockets = (): ReadonlyArray<BoundSocket> =>
  distinct(
    socketTables.flatMap(({ file, protocol, state }) =>
      file.endsWith("6") && !existsSync(file) ? [] : parseSockets(read(file), protocol, state)
    )
  )

/** Which pids mean what: until when, and where. */
interface Place {
  readonly bootId: string
  readonly pidns: string | undefined
}

const finder =
  ({ bootId, pidns }: Place) =>
  (pid: number): ProcessId | null => {
    const stat = readProcessStat(pid)
    if (stat === undefined || stat.gone) return null
    return { pid, startTime: stat.startTime, bootId, ...(pidns !== undefined && { pidns }) }
  }

/** What cannot be told is taken to be alive: somebody may be there. */
const isAlive =
  ({ bootId, pidns }: Place) =>
  (sought: ProcessId): boolean => {
    if (sought.bootId !== bootId) return false
    if (sought.pidns !== undefined && sought.pidns !== pidns) return mayBeInhabited(sought.pidns)
    const stat = readProcessStat(sought.pid)
    return stat === undefined ? !isProvenAbsent(sought.pid) : !stat.gone && stat.startTime === sought.startTime
  }

const make = Effect.gen(function* () {
  const attempt: Attempt = { family: "process", action: "look at the host through /proc" }
  const facts = Effect.try({
    try: () => ({ bootId: read("/proc/sys/kernel/random/boot_id").trim(), status: read("/proc/self/status") }),
    catch: (cause) => ofSystemError(attempt, cause)
  })
  const { bootId, status } = yield* facts
  const place: Place = { bootId, pidns: pidNamespaceOf("self") }
  const find = finder(place)
  const self = find(process.pid)
  if (self === null)
    return yield* new OpsError({ ...attempt, reason: "Failed", output: "this process is not in /proc" })
  return HostProbe.of({
    self,
    find,
    alive: isAlive(place),
    namespace: namespaceIdentity,
    sockets: Effect.try({
      try: boundSockets,
      catch: (cause) => ofSystemError({ family: "process", action: "list bound sockets" }, cause)
    }),
    tapUse: (device) =>
      Effect.try({
        try: () => tapUse(device),
        catch: (cause) => ofSystemError({ family: "process", action: `look who has ${device} open` }, cause)
      }),
    inhabited: (netns) =>
      Effect.try({
        try: () => inhabited(netns),
        catch: (cause) => ofSystemError({ family: "process", action: `look who is in ${netnsKey(netns)}` }, cause)
      }),
    tunsOf: ({ pid, startTime }) => (find(pid)?.startTime === startTime ? tunsOf(pid) : []),
    resolvers: Effect.sync(() =>
      usableResolvers(
        readIfAny("/etc/resolv.conf"),
        behindStubs.map((path) => () => readIfAny(path))
      )
    ),
    missingCapabilities: missingCapabilities(status)
  })
})

/** `HostProbe` over `/proc` and `/etc/resolv.conf`. */
export const HostProbeProc: { readonly layer: Layer.Layer<HostProbe, OpsError> } = {
  layer: Layer.effect(HostProbe, make)
}
