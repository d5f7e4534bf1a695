import type { HelperState } from "./HelperState.ts"
import { type BoundSocket, type HostFacts, type Netns, type ProcessId, type TapUse, netnsKey } from "@vmnet/core"
import { removeAllLinks, setUp } from "./links.ts"
import { Mounts } from "./Mounts.ts"
import { type LinkState, type Namespace, emptyNamespace, linkOf, makeNamespace } from "./Namespace.ts"
import { Processes } from "./Processes.ts"
import { attempting, refuse } from "./Refusal.ts"

/** Everything the in-memory kernel knows: namespaces by path, processes, sockets, and this process's place in it. */
export class World {
  readonly processes = new Processes()
  readonly mounts = new Mounts()
  readonly paths = new Map<string, Namespace>()
  /** Paths that are taken with no namespace behind them. */
  readonly blanks = new Map<string, "file" | "symlink">()
  readonly #identities = new WeakMap<Namespace, string>()
  #lastIdentity = 0
  host: Namespace = hostNamespace()
  self: ProcessId = this.processes.start(this.host)
  sockets: ReadonlyArray<BoundSocket> = []
  resolvers: ReadonlyArray<string> = []
  missingCapabilities: ReadonlyArray<string> = []
  /** What a survey of the host finds otherwise than on a host where all is well. */
  facts: Partial<HostFacts> = {}
  /** By owner and name; a helper whose process ended stays until it is stopped. */
  readonly helpers = new Map<string, HelperState>()
  /** A program of a helper that this host lacks. */
  missingHelper: string | null = null
  /** The TAPs that processes have open, wherever those are. */
  readonly #openTaps: Array<{ readonly pid: number; readonly home: Namespace; readonly tap: LinkState }> = []

  /** The namespace a value names; one that is gone, or a recycled pid, is `Missing`. */
  resolve(netns: Netns): Namespace {
    const found = this.#lookup(netns)
    const attempt = { family: "netns", action: `enter ${netnsKey(netns)}` } as const
    return found ?? attempting(attempt, () => refuse("Missing", "No such file or directory"))
  }

  /** One text per namespace, however it is named. */
  identity(netns: Netns): string | null {
    const found = this.#lookup(netns)
    if (found === undefined) return null
    const known = this.#identities.get(found) ?? `namespace ${++this.#lastIdentity}`
    this.#identities.set(found, known)
    return known
  }

  addPath(path: string): Namespace {
    this.#checkFree(path)
    const namespace = makeNamespace(this.host)
    this.paths.set(path, namespace)
    return namespace
  }

  /** What a crash of `ip netns add` leaves, or a symbolic link that somebody made. */
  addBlank(path: string, kind: "file" | "symlink"): void {
    this.#checkFree(path)
    this.blanks.set(path, kind)
  }

  /** `ip netns delete`: the name goes at once, the links when no process is left inside. */
  removePath(path: string): void {
    if (this.blanks.delete(path)) return
    const namespace = this.paths.get(path) ?? refuse("Missing", `${path}: No such file or directory`)
    this.paths.delete(path)
    this.collect(namespace)
  }

  /** A process ends, and its namespace with it if it was the last to be inside. */
  endProcess(pid: number): void {
    const found = this.processes.find(pid)
    const namespace = found === null ? undefined : this.processes.namespaceOf(pid, found.startTime)
    this.processes.end(pid)
    if (namespace !== undefined) this.collect(namespace)
  }

  /** Links of a namespace that no path and no process refers to any more are gone. */
  collect(namespace: Namespace): void {
    const named = namespace === this.host || [...this.paths.values()].includes(namespace)
    if (!named && !this.processes.inhabit(namespace)) removeAllLinks(namespace)
  }

  /** Kernel objects and processes are gone; this process is another one. */
  reboot(): void {
    this.processes.reboot()
    this.mounts.reboot()
    this.paths.clear()
    this.helpers.clear()
    this.blanks.clear()
    this.sockets = []
    this.host = hostNamespace()
    this.self = this.processes.start(this.host)
  }

  /** A process that has ended has nothing open, and a pid that is another's by then is another process. */
  openTap(pid: number, home: Namespace, device: string): void {
    const opener = this.processes.find(pid) ?? refuse("Missing", `${pid}: No such process`)
    const tap = linkOf(home, device)
    tap.isOpen = () => this.processes.alive(opener)
    this.#openTaps.push({ pid, home, tap })
  }

  tapUse(device: string): TapUse {
    const link = this.host.links.get(device)
    return { held: link?.isOpen?.() === true, uid: link?.owner?.uid ?? null, gid: link?.owner?.gid ?? null }
  }

  /** A TAP that is gone leaves its descriptor without a device. */
  tunsOf(process: ProcessId): ReadonlyArray<string> {
    if (!this.processes.alive(process)) return []
    return this.#openTaps.flatMap(({ home, pid, tap }) =>
      pid === process.pid ? [home.links.get(tap.link) === tap ? tap.link : ""] : []
    )
  }

  /** Every namespace there is, by its key; a name without one shows as a namespace without anything in it. */
  namespaces(): ReadonlyArray<readonly [string, Namespace]> {
    const blanks = [...this.blanks.keys()].map((path) => [path, emptyNamespace()] as const)
    const named = [["host", this.host] as const, ...this.paths, ...blanks]
    const unnamed = this.processes.namespaces().filter(([, one]) => !named.some(([, other]) => other === one))
    return [...named, ...unnamed]
  }

  /** Changes need every capability, reading needs none. */
  checkPermission(): void {
    if (this.missingCapabilities.length > 0) refuse("Denied", "Operation not permitted")
  }

  #checkFree(path: string): void {
    if (this.paths.has(path) || this.blanks.has(path)) refuse("Exists", `${path}: File exists`)
  }

  #lookup(netns: Netns): Namespace | undefined {
    switch (netns._tag) {
      case "Host":
        return this.host
      case "Path":
        return this.paths.get(netns.path)
      case "Process":
        return this.processes.namespaceOf(netns.pid, netns.startTime)
      case "Helper":
        return undefined
    }
  }
}

/** Loopback is up on a host, as every init system sees to. */
const hostNamespace = (): Namespace => {
  const namespace = makeNamespace()
  setUp(namespace, "lo")
  return namespace
}
