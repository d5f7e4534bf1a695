import { HostProbe, type ProcessId } from "@vmnet/core"
import { Effect, Layer } from "effect"

export const bootId = "00000000-0000-4000-8000-000000000001"

/** Processes as the test says: `self` and whatever is in `running` is alive. */
export const fakeProbe = (
  self: ProcessId = { pid: 100, startTime: "1", bootId },
  running: ReadonlyArray<ProcessId> = []
): Layer.Layer<HostProbe> => {
  const same = (a: ProcessId) => (b: ProcessId) =>
    a.pid === b.pid && a.startTime === b.startTime && a.bootId === b.bootId
  const alive = (process: ProcessId) => [self, ...running].some(same(process))
  return Layer.succeed(HostProbe, {
    self,
    alive,
    find: (pid) => [self, ...running].find((process) => process.pid === pid) ?? null,
    sockets: Effect.succeed([]),
    resolvers: Effect.succeed([]),
    namespace: () => null,
    inhabited: () => Effect.succeed(false),
    tunsOf: () => [],
    tapUse: () => Effect.succeed({ held: false, uid: null, gid: null }),
    missingCapabilities: []
  })
}
