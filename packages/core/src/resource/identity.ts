import { forwardKey } from "../ops/Helpers.ts"
import { natElementKey } from "../ops/NatElement.ts"
import { namedNetns, type Netns, netnsKey } from "../ops/Netns.ts"
import { formatSysctlKey } from "../ops/SysctlOps.ts"
import type { Resource, ResourceKind } from "./Resource.ts"

/** The object's name within its kind and namespace, as people know it: `vmt3k2`, `10.0.42.1/24 on vmb1`. */
export const resourceName = (resource: Resource): string => {
  switch (resource.kind) {
    case "Netns":
      return resource.name
    case "NatLayout":
      return "tables"
    case "NatElement":
      return natElementKey(resource.element)
    case "Bridge":
    case "Tap":
    case "Veth":
      return resource.link
    case "Address":
      return `${resource.address} on ${resource.link}`
    case "Route":
      return `${resource.destination} on ${resource.link}`
    case "Neighbour":
      return `${resource.address} on ${resource.link}`
    case "Sysctl":
      return formatSysctlKey(resource.key)
    case "ResolvConf":
      return resource.mount.rootfs.path
    case "Helper":
      return resource.spec.helper
    case "Forward":
      return forwardKey(resource.forward)
  }
}

/** Unique among all resources of an install: kind, namespace and name. */
export const resourceKey = (resource: Resource): string => keyOf(resource.kind, resource.netns, resourceName(resource))

/** The same for something that is only known by its name. */
export const keyOf = (kind: ResourceKind, netns: Netns, name: string): string => `${kind} ${netnsKey(netns)} ${name}`

/** `bridge vmb1`, `veth vmv1 to eth0 in /run/netns/box`: how messages name a resource. */
export const describeResource = (resource: Resource): string => {
  const words = resource.kind.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()
  const peer = resource.kind === "Veth" ? ` to ${resource.peer.link}${inside(resource.peer.netns)}` : ""
  return `${words} ${resourceName(resource)}${inside(resource.netns)}${peer}`
}

const inside = (netns: Netns): string => (netns._tag === "Host" ? "" : ` in ${netnsKey(netns)}`)

/** The links and the namespace whose deletion takes this resource with it; what `carries` gives for those. */
export const goesWith = (resource: Resource): ReadonlyArray<string> => {
  const netns = `netns ${netnsKey(resource.netns)}`
  switch (resource.kind) {
    case "Address":
    case "Route":
    case "Neighbour":
      return [netns, `${netnsKey(resource.netns)} ${resource.link}`]
    case "Sysctl":
      return resource.link === undefined ? [netns] : [netns, `${netnsKey(resource.netns)} ${resource.link}`]
    case "Forward":
      return [`${netnsKey(resource.netns)} slirp4netns`]
    case "Helper":
      // A process with files of its own: stopped by itself, whatever it runs in.
      return []
    default:
      return [netns]
  }
}

/** What goes with a resource, in the words of `goesWith`: what is on its links (a veth is two), or in its namespace. */
export const carries = (resource: Resource): ReadonlyArray<string> => {
  const netns = `netns ${netnsKey(resource.netns)}`
  switch (resource.kind) {
    case "Netns":
      return [`netns ${netnsKey(namedNetns(resource.name))}`]
    case "Bridge":
    case "Tap":
      return [`${netnsKey(resource.netns)} ${resource.link}`]
    case "Veth":
      return [`${netnsKey(resource.netns)} ${resource.link}`, `${netnsKey(resource.peer.netns)} ${resource.peer.link}`]
    case "Helper":
      return [resource.spec.helper === "namespace" ? netns : `${netnsKey(resource.netns)} ${resource.spec.helper}`]
    default:
      return []
  }
}
