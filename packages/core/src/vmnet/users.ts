import { Effect } from "effect"
import type { OpsError } from "../errors/OpsError.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { type Link, LinkOps } from "../ops/LinkOps.ts"
import { hostNetns, namedNetns, type Netns } from "../ops/Netns.ts"
import type { Resource } from "../resource/Resource.ts"

/** Who uses an object, as words about `it`; nothing where nobody is seen to. */
type User = Effect.Effect<string | undefined, OpsError, HostProbe | LinkOps>

/**
 * Who has a TAP open is behind it wherever he is himself: a descriptor can be passed to any process, and the carrier tells.
 * Who is inside of its namespace may be about to open it.
 */
export const userOfTap = Effect.fnUntraced(function* (netns: Netns, link: string, it: string) {
  const probe = yield* HostProbe
  const isOpen =
    netns._tag === "Host" ? (yield* probe.tapUse(link)).held : yield* hasCarrier(netns, ({ link: one }) => one === link)
  if (isOpen) return `a process has ${it} open`
  const isInside = netns._tag !== "Host" && (yield* probe.inhabited(netns))
  return isInside ? `a process is in the namespace of ${it}` : undefined
}) satisfies (netns: Netns, link: string, it: string) => User

/** A namespace goes with its TAPs: whoever has one of them open uses it, though he is not in there. */
export const userOfNetns = Effect.fnUntraced(function* (name: string, it: string) {
  const netns = namedNetns(name)
  if (yield* (yield* HostProbe).inhabited(netns)) return `a process is in ${it}`
  return (yield* hasCarrier(netns, () => true)) ? `a process has a TAP in ${it} open` : undefined
}) satisfies (name: string, it: string) => User

export const userOfBridge = Effect.fnUntraced(function* (link: string, it: string) {
  const { links } = yield* (yield* LinkOps).snapshot(hostNetns)
  return links.some(({ master }) => master === link) ? `${it} has ports that stay` : undefined
}) satisfies (link: string, it: string) => User

/** Who uses a resource, as far as can be seen of it alone. */
export const userOf = (resource: Resource, it: string): User => {
  switch (resource.kind) {
    case "Tap":
      return userOfTap(resource.netns, resource.link, it)
    case "Netns":
      return userOfNetns(resource.name, it)
    case "Bridge":
      return userOfBridge(resource.link, it)
    case "Veth":
      return userOfPeer(resource.peer.netns, it)
    default:
      return Effect.succeed(undefined)
  }
}

const userOfPeer = Effect.fnUntraced(function* (netns: Netns, it: string) {
  const isInside = netns._tag !== "Host" && (yield* (yield* HostProbe).inhabited(netns))
  return isInside ? `a process is at the other end of ${it}` : undefined
}) satisfies (netns: Netns, it: string) => User

/** Of a namespace that is gone, or only a name yet, nobody has anything. */
const hasCarrier = Effect.fnUntraced(function* (netns: Netns, isMeant: (link: Link) => boolean) {
  if ((yield* HostProbe).namespace(netns) === null) return false
  const { links } = yield* (yield* LinkOps).snapshot(netns)
  return links.some((link) => link.carrier === true && isMeant(link))
})
