import { type BoundSocket, type HostFacts, type Netns, type ProcessId, hostNetns } from "@vmnet/core"
import { makeNamespace } from "./Namespace.ts"
import type { World } from "./World.ts"

/** What a test does to the machine itself: processes, sockets, resolvers, rights, time. */
export interface HostControls {
  /** This process, as `HostProbe.self` gives it. */
  readonly self: () => ProcessId
  /** vmnet itself ended and was started again: the old `self` is dead. */
  readonly restartSelf: () => ProcessId
  /** A process in `netns` (default: the host's), or in a fresh namespace of its own that lives as long as it does. */
  readonly startProcess: (options?: { readonly netns?: Netns | "fresh" }) => ProcessId
  readonly alive: (process: ProcessId) => boolean
  readonly endProcess: (pid: number) => void
  /**
   * The process, a VMM, has opened a TAP, of the host if no namespace is named: it need not be in there itself, it may have
   * been passed the descriptor. Only its end closes it.
   */
  readonly openTap: (pid: number, device: string, netns?: Netns) => void
  /** Ended but not waited for: a zombie. */
  readonly endUnreaped: (pid: number) => void
  /** The process is gone and another, in the host's namespace, has its pid. */
  readonly recycle: (pid: number) => ProcessId
  /** A new boot id; every process, namespace, link and firewall entry is gone. */
  readonly reboot: () => void
  readonly bind: (socket: BoundSocket) => void
  readonly unbind: (socket: BoundSocket) => void
  readonly setResolvers: (resolvers: ReadonlyArray<string>) => void
  /** While any capability is missing, every change fails with `Denied`. */
  readonly setMissingCapabilities: (capabilities: ReadonlyArray<string>) => void
  /** What `HostSurvey` finds from now on, in place of what the world makes of itself. */
  readonly setFacts: (facts: Partial<HostFacts>) => void
  /** The helpers that were started and not stopped, each with its process and ports: nothing that is left hides. */
  readonly helpers: () => Readonly<Record<string, { readonly process: ProcessId; readonly forwards: number }>>
  /** The program of a helper that is not installed, or `null`. */
  readonly setMissingHelper: (program: string | null) => void
}

const sameSocket = (a: BoundSocket, b: BoundSocket): boolean =>
  a.protocol === b.protocol && a.address === b.address && a.port === b.port

export const hostControls = (world: World): HostControls => {
  const ending = (pid: number, end: () => void): void => {
    const found = world.processes.find(pid)
    const namespace = found === null ? undefined : world.processes.namespaceOf(pid, found.startTime)
    end()
    if (namespace !== undefined) world.collect(namespace)
  }
  const anyAddress = (socket: BoundSocket) => (socket.address === "::" ? { ...socket, address: "0.0.0.0" } : socket)
  return {
    self: () => world.self,
    restartSelf: () => {
      world.processes.end(world.self.pid)
      world.self = world.processes.start(world.host)
      return world.self
    },
    startProcess: ({ netns = hostNetns } = {}) =>
      world.processes.start(netns === "fresh" ? makeNamespace(world.host) : world.resolve(netns)),
    alive: (process) => world.processes.alive(process),
    endProcess: (pid) => ending(pid, () => world.processes.end(pid)),
    openTap: (pid, device, netns = hostNetns) => world.openTap(pid, world.resolve(netns), device),
    endUnreaped: (pid) => ending(pid, () => world.processes.endUnreaped(pid)),
    recycle: (pid) => {
      ending(pid, () => world.processes.end(pid))
      return world.processes.start(world.host, pid)
    },
    reboot: () => world.reboot(),
    bind: (socket) => {
      world.sockets = [...world.sockets, anyAddress(socket)]
    },
    unbind: (socket) => {
      world.sockets = world.sockets.filter((bound) => !sameSocket(bound, anyAddress(socket)))
    },
    setResolvers: (resolvers) => {
      world.resolvers = resolvers
    },
    setMissingCapabilities: (capabilities) => {
      world.missingCapabilities = capabilities
    },
    setFacts: (facts) => {
      world.facts = facts
    },
    helpers: () =>
      Object.fromEntries(
        [...world.helpers].map(([id, { forwards, process }]) => [id, { process, forwards: forwards.length }])
      ),
    setMissingHelper: (program) => {
      world.missingHelper = program
    }
  }
}
