import type { Place } from "@vmnet/testkit"
import { changing, runAt } from "@vmnet/testkit/conformance"
import { assert } from "@effect/vitest"
import { Effect } from "effect"

export { changing, runAt as runOk }

export interface ObservedLink {
  readonly link: string
  readonly index: number
  readonly type: string | undefined
  readonly mac: string
  readonly mtu: number
  readonly up: boolean
  readonly alias: string
  readonly master: string | undefined
  /** IPv4, in prefix form. */
  readonly addresses: ReadonlyArray<string>
  /** A veth's other end, by index in its own namespace. */
  readonly peer: number | undefined
  /** Who may open a TAP. */
  readonly user: unknown
  readonly group: unknown
}

interface IpLink {
  readonly ifname: string
  readonly ifindex: number
  readonly link_index?: number
  readonly address: string
  readonly mtu: number
  readonly flags: ReadonlyArray<string>
  readonly ifalias?: string
  readonly master?: string
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> }
  readonly addr_info: ReadonlyArray<{ readonly family: string; readonly local: string; readonly prefixlen: number }>
}

/** All links of a place as `ip` tells of them: the kernel itself, not the operations that are tested. */
export const linksAt = Effect.fn("linksAt")(function* (at: Place) {
  const found = JSON.parse(yield* runAt(at, ["ip", "-json", "-details", "address", "show"])) as ReadonlyArray<IpLink>
  return found.map((link): ObservedLink => ({
    link: link.ifname,
    index: link.ifindex,
    type: link.linkinfo?.info_kind,
    mac: link.address,
    mtu: link.mtu,
    up: link.flags.includes("UP"),
    alias: link.ifalias ?? "",
    master: link.master,
    addresses: link.addr_info.flatMap((one) => (one.family === "inet" ? [`${one.local}/${one.prefixlen}`] : [])),
    peer: link.link_index,
    user: link.linkinfo?.info_data?.["user"],
    group: link.linkinfo?.info_data?.["group"]
  }))
})

/** One link of a place; it has to be there. */
export const linkAt = Effect.fn("linkAt")(function* (at: Place, name: string) {
  const found = (yield* linksAt(at)).find(({ link }) => link === name)
  assert.isDefined(found, `${at} has no link ${name}`)
  return found!
})

/** The port of the host's bridge that a container's eth0 is plugged into. */
export const portOf = Effect.fn("portOf")(function* (netns: Place) {
  const { peer } = yield* linkAt(netns, "eth0")
  const found = (yield* linksAt("host")).find(({ index }) => index === peer)
  assert.isDefined(found, `eth0 of ${netns} has no other end on the host`)
  return found!
})

/** The IPv4 routes of the main table, one line each. */
export const routesAt = (at: Place) =>
  Effect.map(runAt(at, ["ip", "-4", "-oneline", "route", "show"]), (text) =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "")
  )
