import { HostProbe, netnsKey } from "@vmnet/core"
import { Effect } from "effect"
import { operation } from "./Refusal.ts"
import type { World } from "./World.ts"

/** `HostProbe` over the in-memory world; its values are read when asked for, so tests may change them at any time. */
export const memoryHostProbe = (world: World): HostProbe["Service"] =>
  HostProbe.of({
    get self() {
      return world.self
    },
    get missingCapabilities() {
      return world.missingCapabilities
    },
    find: (pid) => world.processes.find(pid),
    alive: (process) => world.processes.alive(process),
    namespace: (netns) => world.identity(netns),
    sockets: operation({ family: "process", action: "list sockets" }, () => world.sockets),
    tapUse: (device) =>
      operation({ family: "process", action: `look who has ${device} open` }, () => world.tapUse(device)),
    inhabited: (netns) =>
      operation(
        { family: "process", action: `look who is in ${netnsKey(netns)}` },
        () => world.identity(netns) !== null && world.processes.inhabit(world.resolve(netns))
      ),
    tunsOf: (process) => world.tunsOf(process),
    resolvers: Effect.sync(() => world.resolvers)
  })
