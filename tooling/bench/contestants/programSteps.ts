import type { NatElement, Netns, Resource, TapResource } from "../../../packages/core/src/index.ts"

export type Argv = ReadonlyArray<string>

/** What one thing takes to be made, and to go: one program after the other. */
export interface Steps {
  readonly make: ReadonlyArray<Argv>
  readonly remove: ReadonlyArray<Argv>
}

const nothing: Steps = { make: [], remove: [] }

/** `-n NAME`, in a namespace. */
const at = (netns: Netns): Argv => (netns._tag === "Path" ? ["-n", netns.path.slice("/run/netns/".length)] : [])
const inside = (netns: Netns): Argv =>
  netns._tag === "Path" ? ["ip", "netns", "exec", netns.path.slice("/run/netns/".length)] : []

/** What is in a namespace goes with it, so that its removal takes no program of its own. */
const isHost = ({ _tag }: Netns): boolean => _tag === "Host"

const rule = (netns: Netns, table: string, chain: string, ...words: Argv): Steps => {
  const argv = (how: string): Argv => [...inside(netns), "iptables", "-w", "-t", table, how, chain, ...words]
  return { make: [argv("-A")], remove: isHost(netns) ? [argv("-D")] : [] }
}

const answers = ["-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-j", "ACCEPT"]

const joined = (...all: ReadonlyArray<Steps>): Steps => ({
  make: all.flatMap(({ make }) => make),
  remove: all.flatMap(({ remove }) => remove)
})

/** As a shell script has it: forwarding for the guest, its translation, and no protection from what it may send. */
const rulesOf = (netns: Netns, element: NatElement): Steps => {
  switch (element._tag) {
    case "Guest":
      return joined(
        rule(netns, "filter", "FORWARD", "-i", element.device, "-s", element.address, "-j", "ACCEPT"),
        rule(netns, "filter", "FORWARD", "-o", element.device, "-d", element.address, ...answers),
        rule(netns, "nat", "POSTROUTING", "-s", element.address, "!", "-o", element.device, "-j", "MASQUERADE")
      )
    case "Slot": {
      const { address, device, outside, uplink } = element
      return joined(
        rule(netns, "nat", "POSTROUTING", "-o", uplink, "-s", address, "-j", "SNAT", "--to-source", outside),
        rule(netns, "nat", "PREROUTING", "-i", uplink, "-d", outside, "-j", "DNAT", "--to-destination", address),
        rule(netns, "filter", "FORWARD", "-i", device, "-o", uplink, "-j", "ACCEPT"),
        rule(netns, "filter", "FORWARD", "-i", uplink, "-o", device, "-j", "ACCEPT"),
        { make: [[...inside(netns), "iptables", "-w", "-P", "FORWARD", "DROP"]], remove: [] }
      )
    }
    default:
      return nothing
  }
}

const tap = ({ link, mac, master, mtu, netns }: TapResource): Steps => {
  const ip = ["ip", ...at(netns)]
  return {
    make: [
      [...ip, "tuntap", "add", "dev", link, "mode", "tap"],
      [...ip, "link", "set", "dev", link, "mtu", `${mtu}`, ...(mac === undefined ? [] : ["address", mac])],
      ...(master === undefined ? [] : [[...ip, "link", "set", "dev", link, "master", master.link]]),
      [...ip, "link", "set", "dev", link, "up"]
    ],
    remove: isHost(netns) ? [["ip", "link", "delete", "dev", link]] : []
  }
}

/** One resource of a plan, as the usual programs make it. */
export const stepsOf = (resource: Resource): Steps => {
  const { netns } = resource
  const ip = ["ip", ...at(netns)]
  switch (resource.kind) {
    case "NatElement":
      return rulesOf(netns, resource.element)
    case "Netns":
      return {
        make: [
          ["ip", "netns", "add", resource.name],
          ["ip", "-n", resource.name, "link", "set", "lo", "up"]
        ],
        remove: [["ip", "netns", "delete", resource.name]]
      }
    case "Veth": {
      const { link, mac, mtu, peer } = resource
      const name = peer.netns._tag === "Path" ? peer.netns.path.slice("/run/netns/".length) : ""
      const own = mac === undefined ? [] : ["address", mac]
      const other = ["peer", "name", peer.link, "address", peer.mac, "mtu", `${mtu}`, "netns", name]
      return {
        make: [
          ["ip", "link", "add", "name", link, ...own, "mtu", `${mtu}`, "type", "veth", ...other],
          ["ip", "link", "set", "dev", link, "up"],
          ["ip", "-n", name, "link", "set", "dev", peer.link, "up"]
        ],
        remove: [["ip", "link", "delete", "dev", link]]
      }
    }
    case "Tap":
      return tap(resource)
    case "Address":
      return { make: [[...ip, "address", "add", resource.address, "dev", resource.link]], remove: [] }
    case "Route": {
      const via = resource.via === undefined ? [] : ["via", resource.via]
      return { make: [[...ip, "route", "add", resource.destination, ...via, "dev", resource.link]], remove: [] }
    }
    case "Neighbour": {
      const { address, link, mac } = resource
      return { make: [[...ip, "neigh", "add", address, "lladdr", mac, "dev", link, "nud", "permanent"]], remove: [] }
    }
    case "Sysctl":
      return { make: [[...inside(netns), "sysctl", "-qw", `${resource.key.join("/")}=${resource.value}`]], remove: [] }
    default:
      return nothing
  }
}
