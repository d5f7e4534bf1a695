import {
  type Link,
  LinkOps,
  type LinkSnapshot,
  NatOps,
  type NatSnapshot,
  type Neighbour,
  type Netns,
  type OpsError,
  type Route,
  SysctlOps,
  natElementKey
} from "@vmnet/core"
import { Effect, Struct } from "effect"

/** A link without its index, which depends on what was there before. */
export type ObservedLink = Omit<Link, "index">

export interface ObservedLinks {
  readonly links: ReadonlyArray<ObservedLink>
  readonly routes: ReadonlyArray<Route>
  readonly neighbours: ReadonlyArray<Neighbour>
}

/** A namespace as plain data that can be compared between kernels, and before with after. */
export interface ObservedNamespace extends ObservedLinks {
  readonly nat: NatSnapshot
  readonly forwarding: Readonly<Record<string, string>>
}

const sortBy = <A>(items: ReadonlyArray<A>, key: (item: A) => string): ReadonlyArray<A> =>
  items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))

/** Everything in an order of its own, no indices, and only IPv4 addresses: IPv6 ones come by themselves. */
export const comparableLinks = (snapshot: LinkSnapshot): ObservedLinks => ({
  links: sortBy(
    snapshot.links.map((link) => ({
      ...Struct.omit(link, ["index"]),
      addresses: link.addresses.filter((address) => !address.includes(":")).toSorted()
    })),
    ({ link }) => link
  ),
  routes: sortBy(snapshot.routes, (route) => `${route.destination} ${route.metric} ${route.link} ${route.via}`),
  neighbours: sortBy(snapshot.neighbours, ({ link, address }) => `${link} ${address}`)
})

export const comparableNat = (snapshot: NatSnapshot): NatSnapshot => ({
  layout: snapshot.layout,
  elements: sortBy(snapshot.elements, ({ element, owner }) => `${natElementKey(element)} ${owner}`)
})

/** The state of a namespace through the contracts: run it on two implementations and compare. */
export const observeNamespace = Effect.fn("observeNamespace")(function* (
  netns: Netns
): Effect.fn.Return<ObservedNamespace, OpsError, LinkOps | NatOps | SysctlOps> {
  const [links, nat, sysctls] = [yield* LinkOps, yield* NatOps, yield* SysctlOps]
  return {
    ...comparableLinks(yield* links.snapshot(netns)),
    nat: comparableNat(yield* nat.snapshot(netns)),
    forwarding: yield* sysctls.forwarding(netns)
  }
})
