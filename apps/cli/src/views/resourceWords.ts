import {
  formatSysctlKey,
  forwardKey,
  type Netns,
  netnsKey,
  type Resource,
  resolverPath,
  resourceName
} from "@vmnet/core"
import { printable } from "../terminal/printable.ts"

const inside = (netns: Netns): string => (netns._tag === "Host" ? "" : ` in ${netnsKey(netns)}`)

const portOf = (master: { readonly link: string; readonly isolated: boolean } | undefined): string =>
  master === undefined ? "" : `, ${master.isolated ? "isolated port" : "port"} of ${master.link}`

const ownerOf = (uid: number | undefined, gid: number | undefined): string =>
  uid === undefined ? "" : `, for uid ${uid}${gid === undefined ? "" : ` and gid ${gid}`}`

const words = (resource: Resource): string => {
  switch (resource.kind) {
    case "Netns":
      return `create network namespace ${resource.name}`
    case "NatLayout":
      return "create the firewall tables"
    case "NatElement":
      return `enter in the firewall: ${resourceName(resource)}`
    case "Bridge":
      return `create bridge ${resource.link}, MAC ${resource.mac}, MTU ${resource.mtu}`
    case "Tap":
      return `create TAP ${resource.link}${portOf(resource.master)}${ownerOf(resource.uid, resource.gid)}, MTU ${resource.mtu}`
    case "Veth":
      return `create veth ${resource.link}${portOf(resource.master)}, its peer ${resource.peer.link}${inside(resource.peer.netns)}, MTU ${resource.mtu}`
    case "Address":
      return `give ${resource.link} the address ${resource.address}`
    case "Route":
      return `route ${resource.destination} to ${resource.link}${resource.via === undefined ? "" : ` via ${resource.via}`}`
    case "Neighbour":
      return `note that ${resource.address} is ${resource.mac} on ${resource.link}`
    case "Sysctl":
      return `set ${formatSysctlKey(resource.key)} to ${resource.value}`
    case "ResolvConf":
      return `mount a resolver file at ${resolverPath(resource.mount)}`
    case "Helper":
      return resource.spec.helper === "namespace"
        ? "hold a user and network namespace"
        : `start ${resource.spec.helper} on ${resource.spec.link}, MTU ${resource.spec.mtu}`
    case "Forward":
      return `forward ${forwardKey(resource.forward)} to port ${resource.forward.guestPort} of ${resource.forward.guestAddress}`
  }
}

/** What making a resource does to the host, in words: a line of `up --dry-run`. */
export const resourceWords = (resource: Resource): string => printable(words(resource) + inside(resource.netns))
