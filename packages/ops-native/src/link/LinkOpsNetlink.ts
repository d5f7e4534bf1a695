import { LinkOps, type Netns, OpsError } from "@vmnet/core"
import { type Attempt, invalid, isLegalName, isReferableName, listNames, ofSystemError } from "@vmnet/ops-common"
import { Effect, Layer } from "effect"
import { existsSync } from "node:fs"
import { loadLibc } from "../ffi/foreign.ts"
import { applyChanges, makeKernel } from "./applyChanges.ts"
import { findNetns } from "./findNetns.ts"
import { onLinks } from "./onLinks.ts"
import { findConfigured, findLink, observeAll } from "./observe.ts"
import { isOutOfReach } from "../netns/outOfReach.ts"
import { Places, type PlacesOpen } from "../netns/Places.ts"

const listing: Attempt = { family: "link", action: "list links" }

/** A name that no link can have needs no question. */
const findAll = (places: PlacesOpen, netns: Netns, names: ReadonlyArray<string>) => {
  const action = `find ${names.length === 1 ? `link ${names[0]}` : `${names.length} links`}`
  const legal = [...new Set(names)].filter(isLegalName)
  return onLinks(places, netns, { family: "link", action }, (links) => {
    const found = new Map(legal.map((name) => [name, findLink(links, name)]))
    return names.map((name) => found.get(name) ?? null)
  })
}

const configuredOn = (places: PlacesOpen, netns: Netns, names: ReadonlyArray<string>) => {
  const attempt: Attempt = { family: "link", action: `list what is configured on ${names.join(", ")}` }
  const odd = names.find((name) => !isReferableName(name))
  if (odd !== undefined) return Effect.fail(invalid(attempt, `link name ${JSON.stringify(odd)} is not usable`))
  if (names.length === 0) return Effect.succeed([])
  return onLinks(places, netns, attempt, (links) => names.map((name) => findConfigured(links, name)))
}

const load = Effect.try({
  try: loadLibc,
  catch: (cause) =>
    new OpsError({ ...ofSystemError({ family: "link", action: "load the C library" }, cause), reason: "Unsupported" })
})

const make = Effect.gen(function* () {
  const others = yield* LinkOps
  yield* load
  const places = yield* Places
  // Absent when the kernel was booted with ipv6.disable=1.
  const kernel = makeKernel(places, existsSync("/proc/net/if_inet6"))
  return LinkOps.of({
    apply: Effect.fn("LinkOps.apply")((netns, changes) =>
      isOutOfReach(netns) ? others.apply(netns, changes) : applyChanges(kernel, netns, changes)
    ),
    find: Effect.fn("LinkOps.find")((netns, links) =>
      isOutOfReach(netns) ? others.find(netns, links) : findAll(places, netns, links)
    ),
    findNetns: Effect.fn("LinkOps.findNetns")((names) => findNetns(places, names)),
    netnsNames: listNames,
    configuredOn: Effect.fn("LinkOps.configuredOn")((netns, links) =>
      isOutOfReach(netns) ? others.configuredOn(netns, links) : configuredOn(places, netns, links)
    ),
    snapshot: Effect.fn("LinkOps.snapshot")((netns) =>
      isOutOfReach(netns) ? others.snapshot(netns) : onLinks(places, netns, listing, observeAll)
    )
  })
})

/**
 * `LinkOps` over rtnetlink, in this process. It wants another `LinkOps` for the namespaces that it cannot enter itself: those of
 * processes with a user namespace of their own.
 */
export const LinkOpsNetlink: { readonly layer: Layer.Layer<LinkOps, OpsError, LinkOps> } = {
  layer: Layer.effect(LinkOps, make).pipe(Layer.provide(Places.layer))
}
