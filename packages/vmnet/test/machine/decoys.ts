import { hostNetns, InterfaceName } from "@vmnet/core"
import type { KernelSnapshot, MemoryKernel } from "@vmnet/testkit"

/** What somebody else has on the host, and how it goes again. */
export interface Decoy {
  readonly make: (kernel: MemoryKernel) => void
  readonly remove: (kernel: MemoryKernel) => void
  /** Whether it is as it was made. */
  readonly isThere: (snapshot: KernelSnapshot) => boolean
  /** The slot of the `slots` network whose name it has. */
  readonly slot?: number
}

const link = (name: string, type: string, alias = ""): Decoy => ({
  make: ({ foreign }) => foreign.link(hostNetns, { link: name, type, alias, up: true }),
  remove: ({ foreign }) => foreign.unplug(hostNetns, name),
  isThere: (snapshot) =>
    snapshot["host"]!.links.some((one) => one.link === name && one.type === type && one.alias === alias && one.up)
})

const netns = (slot: number): Decoy => {
  const path = `/run/netns/vmnet-slots-${slot}`
  return {
    make: (kernel) => void kernel.addNetns(path),
    remove: (kernel) => kernel.removeNetns(path),
    isThere: (snapshot) => snapshot[path]?.links.every(({ link: name }) => name === "lo") ?? false,
    slot
  }
}

/** The names that ours would have, another install's tags, and slots that are taken by namespaces with nothing in them. */
export const decoysOf = (install: string): ReadonlyArray<Decoy> => [
  link(InterfaceName.derive("vmt", install, "vm0", 0), "tun", "lab"),
  link(InterfaceName.derive("vmt", install, "vm1", 0), "tun", "vmnet:ffffffff:vm1:1"),
  link(InterfaceName.derive("vmv", install, "vm2", 0), "veth", `vmnet:${install}x:vm2:1`),
  link(InterfaceName.derive("vmb", install, "@network web", 0), "bridge"),
  netns(2),
  netns(5)
]
