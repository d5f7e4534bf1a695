import type { NftFamily } from "./layout.ts"

/** What a position of a key or value holds; decides how it is written and read. */
export type Kind = "device" | "ipv4" | "prefix" | "protocol" | "port" | "ports" | "mac" | "mark" | "verdict"

export interface SetSpec {
  readonly family: NftFamily
  readonly key: ReadonlyArray<Kind>
  /** Empty for a set, the data of a map. */
  readonly value: ReadonlyArray<Kind>
}

const set = (...key: ReadonlyArray<Kind>): SetSpec => ({ family: "inet", key, value: [] })
const bridgeSet = (...key: ReadonlyArray<Kind>): SetSpec => ({ family: "bridge", key, value: [] })
const map = (key: ReadonlyArray<Kind>, value: ReadonlyArray<Kind>): SetSpec => ({ family: "inet", key, value })

/** The sets and maps of the layout, by name, and those of the other layout there is, of a slot. */
export const sets = {
  segments: set("device"),
  pairs: set("device", "device"),
  masqueraded: set("device"),
  trusted: set("device"),
  guests: map(["device", "ipv4"], ["verdict"]),
  egress: set("ipv4", "prefix", "protocol", "ports"),
  egress_any: set("ipv4", "prefix"),
  generations: map(["ipv4"], ["mark"]),
  live: set("ipv4", "mark"),
  publish: map(["protocol", "ipv4", "port"], ["ipv4", "port"]),
  publish_any: map(["protocol", "port"], ["ipv4", "port"]),
  publish_marks: map(["protocol", "ipv4", "port"], ["mark"]),
  publish_any_marks: map(["protocol", "port"], ["mark"]),
  targets: set("protocol", "ipv4", "port", "mark"),
  detached: set("device"),
  ports: bridgeSet("device"),
  closed: bridgeSet("device"),
  detached_ports: bridgeSet("device"),
  bindings: bridgeSet("device", "mac", "ipv4"),
  slot_guests: set("device", "mac", "ipv4"),
  slot_links: set("device", "device"),
  slot_uplinks: set("device"),
  slot_snat: map(["device", "ipv4"], ["ipv4"]),
  slot_dnat: map(["device", "ipv4"], ["ipv4"])
} as const satisfies Readonly<Record<string, SetSpec>>

export type SetName = keyof typeof sets

export const specOf = (name: SetName): SetSpec => sets[name]

export const isMap = (name: SetName): boolean => specOf(name).value.length > 0

export const isSetName = (name: string): name is SetName => Object.hasOwn(sets, name)

/** No set of one layout is in the other: an element in the wrong place is refused as missing its set. */
export const isSlotSet = (name: string): boolean => isSetName(name) && name.startsWith("slot_")

/** Sets whose elements are intervals: the kernel looks those up by their lower ends only. */
export const isIntervalSet = (name: SetName): boolean => name === "egress" || name === "egress_any"

/**
 * One entry of a set or map, every part as text in the one form nft prints: a prefix of length 32 is an address, a range
 * of one port is that port. Two entries with equal keys are the same entry.
 */
export interface SetElement {
  readonly set: SetName
  readonly key: ReadonlyArray<string>
  readonly value: ReadonlyArray<string>
}

/** An entry as found, with its comment (empty when it has none). */
export interface FoundElement extends SetElement {
  readonly comment: string
}

export const keyOf = ({ set, key }: SetElement): string => `${set} ${key.join(" . ")}`

export const valueOf = ({ value }: SetElement): string => value.join(" . ")
