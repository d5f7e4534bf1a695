import { formatOwner, type Owner } from "../names/Owner.ts"
import type { HelperKey, HelperSpec } from "../ops/Helpers.ts"
import type { Link } from "../ops/LinkOps.ts"
import { hostNetns, type Netns } from "../ops/Netns.ts"
import type { Resource } from "../resource/Resource.ts"
import type { Sight } from "./look.ts"

/** A resource as far as it can be seen: enough to find it, to prove that it is ours, and to remove it. */
export interface SeenResource {
  readonly owner: Owner
  readonly resource: Resource
  /** What was found before it was changed, where that is known from elsewhere. */
  readonly memo?: unknown
}

/** In creation order: rules, then namespaces, then links, then processes. Removal is the reverse. */
export const resourcesSeen = ({ elements, helpers, links, namespaces }: Sight): ReadonlyArray<SeenResource> => [
  ...elements.map(({ found: element, owner }) => ({
    owner,
    resource: { kind: "NatElement", netns: hostNetns, element } as const
  })),
  ...namespaces.map(({ found, owner }) => ({
    owner,
    resource: { kind: "Netns", netns: hostNetns, name: found } as const
  })),
  ...links.flatMap(({ found, owner }) => {
    const resource = linkSeen(found)
    return resource === undefined ? [] : [{ owner, resource }]
  }),
  ...helpers.map(({ found, owner }) => ({ owner, resource: helperSeen(found) }))
]

const linkSeen = ({ link, mac, master, mtu, type }: Link): Resource | undefined => {
  const port = master === null ? {} : { master: { link: master, isolated: false } }
  switch (type) {
    case "bridge":
      return { kind: "Bridge", netns: hostNetns, link, mac, mtu }
    case "tun":
      return { kind: "Tap", netns: hostNetns, link, mtu, mac, ...port }
    case "veth":
      return { kind: "Veth", netns: hostNetns, link, mtu, mac, ...port, peer: otherEnd }
    default:
      return undefined
  }
}

/** It goes with this end, wherever it is; no link can have this name. */
const otherEnd = { netns: hostNetns, link: "its other end", mac: "" } as const

/** What a helper was told is not seen, and not needed to end it. */
const helperSeen = ({ helper, owner }: HelperKey): Resource => {
  const netns: Netns = { _tag: "Helper", owner }
  return { kind: "Helper", netns, spec: specOf(helper) }
}

const network = { link: "", mtu: 0, subnet: "", guestAddress: "", hostLoopback: false } as const

const specOf = (helper: HelperKey["helper"]): HelperSpec => {
  switch (helper) {
    case "namespace":
      return { helper }
    case "slirp4netns":
      return { helper, ...network }
    case "pasta":
      return { helper, ...network, forwards: [] }
  }
}

export const tagOf = ({ owner }: SeenResource): string => formatOwner(owner)
