import type { LinkChange, Netns, SysctlKey } from "@vmnet/core"
import { addAddress } from "./addresses.ts"
import { applyLinkChange } from "./applyLinkChange.ts"
import { checkLinkName } from "./checks.ts"
import { formatNetwork, parseNetwork } from "./ipv4.ts"
import { setAlias, setDown, setName, setUp, unplug } from "./links.ts"
import { insertLink, linkOf, type LinkState } from "./Namespace.ts"
import type { NatEntry, NatKey } from "./NatTables.ts"
import { refuse } from "./Refusal.ts"
import { insertRoute } from "./routes.ts"
import type { World } from "./World.ts"

export interface ForeignLink {
  readonly link: string
  /** As the kernel names it: `bridge`, `tun`, `veth`, ...; empty, the default, for a physical device. */
  readonly type?: string
  readonly mac?: string
  readonly mtu?: number
  readonly alias?: string
  readonly up?: boolean
  readonly addresses?: ReadonlyArray<string>
}

export interface ForeignRoute {
  readonly destination: string
  /** Null for a route without a device, a blackhole for example. */
  readonly link: string | null
  readonly via?: string
  readonly metric?: number
}

/** What others do to the kernel: objects vmnet did not make, and changes to its own that it did not ask for. */
export interface Foreign {
  readonly link: (netns: Netns, link: ForeignLink) => void
  readonly alias: (netns: Netns, link: string, alias: string) => void
  /** Sets what anybody with the right to, or the owner of an open TAP, may set of a link. */
  readonly change: (
    netns: Netns,
    link: string,
    changes: Partial<Pick<LinkState, "mac" | "mtu" | "master" | "isolated" | "owner">>
  ) => void
  /** `ip link set $link name $to`. */
  readonly rename: (netns: Netns, link: string, to: string) => void
  /** Deletes addresses, routes, neighbours, or anything else there is a change for. */
  readonly apply: (netns: Netns, change: LinkChange) => void
  /** Writes a kernel parameter. */
  readonly sysctl: (netns: Netns, key: SysctlKey, value: string) => void
  readonly linkDown: (netns: Netns, link: string) => void
  /** Any link, physical ones too. */
  readonly unplug: (netns: Netns, link: string) => void
  readonly route: (netns: Netns, route: ForeignRoute) => void
  /** A raw entry in a set or map of the firewall layout, with any comment or none. */
  readonly natEntry: (netns: Netns, entry: NatKey & { readonly value?: string; readonly comment?: string }) => void
  readonly deleteNatEntry: (netns: Netns, key: NatKey) => void
  /** A name in `/run/netns` without a namespace behind it: an empty file, or a symbolic link. */
  readonly blankNetns: (path: string, kind: "file" | "symlink") => void
  /** Somebody flushed a chain of the layout: its snapshot says `altered`. */
  readonly damageLayout: (netns: Netns) => void
}

export const foreign = (world: World): Foreign => ({
  link: (netns, { link, type = "", mac, mtu = 1500, alias = "", up = false, addresses = [] }) => {
    const namespace = world.resolve(netns)
    if (namespace.links.has(checkLinkName(link))) refuse("Exists", `${link}: File exists`)
    const index = namespace.nextIndex.toString(16).padStart(2, "0").slice(-2)
    insertLink(namespace, { link, type, mac: mac ?? `0e:00:00:00:00:${index}`, mtu })
    setAlias(namespace, link, alias)
    if (up) setUp(namespace, link)
    for (const address of addresses) addAddress(namespace, link, address)
  },
  alias: (netns, link, alias) => setAlias(world.resolve(netns), link, alias),
  change: (netns, link, changes) => void Object.assign(linkOf(world.resolve(netns), link), changes),
  rename: (netns, link, to) => setName(world.resolve(netns), link, to),
  apply: (netns, change) => applyLinkChange(world, world.resolve(netns), change),
  sysctl: (netns, key, value) => world.resolve(netns).sysctls.write(key, value),
  linkDown: (netns, link) => setDown(world.resolve(netns), link),
  unplug: (netns, link) => unplug(world.resolve(netns), link),
  route: (netns, { destination, link, via, metric = 0 }) => {
    const network = formatNetwork(parseNetwork(destination))
    insertRoute(world.resolve(netns), { destination: network, link, via: via ?? null, metric })
  },
  natEntry: (netns, { set, key, value, comment = "" }) => {
    const entry: NatEntry = { set, key, value: value ?? null }
    world.resolve(netns).nat.add({ ...entry, comment })
  },
  deleteNatEntry: (netns, key) => world.resolve(netns).nat.delete(key),
  blankNetns: (path, kind) => world.addBlank(path, kind),
  damageLayout: (netns) => world.resolve(netns).nat.damageLayout()
})
