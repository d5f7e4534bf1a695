import { Helpers, HostProbe, HostSurvey, LinkOps, MountOps, NatOps, type Netns, SysctlOps } from "@vmnet/core"
import { Layer } from "effect"
import { type Foreign, foreign } from "./Foreign.ts"
import { type HostControls, hostControls } from "./HostControls.ts"
import { memoryHelpers } from "./MemoryHelpers.ts"
import { linkSnapshot } from "./linkView.ts"
import { memoryHostProbe } from "./MemoryHostProbe.ts"
import { memoryHostSurvey } from "./MemoryHostSurvey.ts"
import { memoryLinkOps } from "./MemoryLinkOps.ts"
import { memoryMountOps } from "./MemoryMountOps.ts"
import { memoryNatOps } from "./MemoryNatOps.ts"
import { memorySysctlOps } from "./MemorySysctlOps.ts"
import type { Namespace } from "./Namespace.ts"
import { natElements } from "./natElements.ts"
import { type NatEntryState, natSets } from "./NatTables.ts"
import { type ObservedNamespace, comparableLinks, comparableNat } from "./ObservedNamespace.ts"
import { type RootfsControls, rootfsControls } from "./RootfsControls.ts"
import { World } from "./World.ts"

/** All there is to know about a namespace: what the contracts show, and what they do not. */
export interface NamespaceSnapshot extends ObservedNamespace {
  /** Bridge ports that reach no other isolated port. */
  readonly isolated: ReadonlyArray<string>
  /** Who may open each TAP; null is root only. */
  readonly tapOwners: Readonly<Record<string, { readonly uid: number | null; readonly gid: number | null }>>
  /** Every entry of the firewall's sets and maps, those that make no whole element too: nothing that is left hides. */
  readonly natEntries: ReadonlyArray<NatEntryState>
  /** Every parameter by path: `net/ipv4/conf/eth0/forwarding`. */
  readonly sysctls: Readonly<Record<string, string>>
}

/** By `netnsKey`: `host`, a path, or `pid N/START` for a namespace that only a process holds. */
export type KernelSnapshot = Readonly<Record<string, NamespaceSnapshot>>

/**
 * A Linux kernel in memory, behind the contracts of `@vmnet/core`: what vmnet does to a host, without one.
 *
 * Strict where Linux is strict, and with the side effects that matter: a veth goes with its peer, routes and neighbours
 * with their link or its last address, toggling `ip_forward` resets every interface.
 */
export interface MemoryKernel {
  readonly layer: Layer.Layer<Helpers | LinkOps | NatOps | SysctlOps | MountOps | HostProbe | HostSurvey>
  /** The whole kernel as plain data, in a stable order: compare before with after. */
  readonly snapshot: () => KernelSnapshot
  /** `ip netns add`: an empty namespace at a path. */
  readonly addNetns: (path: string) => Netns
  /** `ip netns delete`: its links are gone, with their ends elsewhere, unless a process is still inside. */
  readonly removeNetns: (path: string) => void
  readonly host: HostControls
  readonly foreign: Foreign
  readonly rootfs: RootfsControls
}

const byKey = (a: NatEntryState, b: NatEntryState): number =>
  `${a.set} ${a.key.join(" ")}` < `${b.set} ${b.key.join(" ")}` ? -1 : 1

const namespaceSnapshot = (namespace: Namespace): NamespaceSnapshot => {
  const links = [...namespace.links.values()]
  return {
    ...comparableLinks(linkSnapshot(namespace)),
    nat: comparableNat({ layout: namespace.nat.layout, elements: natElements(namespace.nat) }),
    forwarding: namespace.sysctls.forwarding(),
    isolated: links.flatMap(({ link, isolated }) => (isolated ? [link] : [])).toSorted(),
    tapOwners: Object.fromEntries(links.flatMap(({ link, owner }) => (owner === undefined ? [] : [[link, owner]]))),
    natEntries: natSets.flatMap((set) => namespace.nat.entries(set)).toSorted(byKey),
    sysctls: namespace.sysctls.entries()
  }
}

const make = (): MemoryKernel => {
  const world = new World()
  return {
    layer: Layer.mergeAll(
      Layer.succeed(LinkOps, memoryLinkOps(world)),
      Layer.succeed(NatOps, memoryNatOps(world)),
      Layer.succeed(SysctlOps, memorySysctlOps(world)),
      Layer.succeed(MountOps, memoryMountOps(world)),
      Layer.succeed(Helpers, memoryHelpers(world)),
      Layer.succeed(HostProbe, memoryHostProbe(world)),
      Layer.succeed(HostSurvey, memoryHostSurvey(world))
    ),
    snapshot: () => Object.fromEntries(world.namespaces().map(([key, one]) => [key, namespaceSnapshot(one)])),
    addNetns: (path) => {
      world.addPath(path)
      return { _tag: "Path", path }
    },
    removeNetns: (path) => world.removePath(path),
    host: hostControls(world),
    foreign: foreign(world),
    rootfs: rootfsControls(world)
  }
}

export const MemoryKernel = { make }
