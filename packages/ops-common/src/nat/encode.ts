import type { Egress, Guest, NatElement, Protocol, Publish, Segment, Slot } from "@vmnet/core"
import type { SetElement, SetName } from "./sets.ts"
import { parsePrefix } from "../text/ipv4.ts"

/** Protocol numbers of IANA: bare systems have no /etc/protocols to look names up in. */
export const protocolNumber: Readonly<Record<Protocol, string>> = { tcp: "6", udp: "17" }

/** What the chain `admit` does for a guest: it comes back, goes on, or drops. */
export const verdictOf: Readonly<Record<Guest["egress"], string>> = {
  all: "return",
  listed: "continue",
  none: "drop"
}

const entry = (
  set: SetName,
  key: ReadonlyArray<string | number>,
  value: ReadonlyArray<string | number> = []
): SetElement => ({
  set,
  key: key.map(String),
  value: value.map(String)
})

/** As nft prints it: a network of one address is the address. */
export const canonicalPrefix = (text: string): string => {
  const prefix = parsePrefix(text)
  return prefix === undefined || prefix.length === 32 ? (prefix?.address ?? text) : text
}

const range = (first: number, last: number): string => (first === last ? `${first}` : `${first}-${last}`)

const encodeEgress = ({ address, destination, ports, protocol }: Egress): SetElement => {
  const to = canonicalPrefix(destination)
  if (protocol === undefined) return entry("egress_any", [address, to])
  return entry("egress", [address, to, protocolNumber[protocol], ports === undefined ? "0-65535" : range(...ports)])
}

/** Paired with itself: what comes from the device may go back to it by way of the gateway. */
const encodeSegment = ({ device, isolated }: Segment): ReadonlyArray<SetElement> => [
  entry("segments", [device]),
  ...(isolated ? [] : [entry("pairs", [device, device])])
]

const encodePublish = (element: Publish): ReadonlyArray<SetElement> => {
  const { count, guestAddress, guestPort, hostAddress, hostPort, mark, protocol } = element
  const [ports, marks] =
    hostAddress === null ? (["publish_any", "publish_any_marks"] as const) : (["publish", "publish_marks"] as const)
  const each = Array.from({ length: count }, (_, offset) => {
    const key = [protocolNumber[protocol], ...(hostAddress === null ? [] : [hostAddress]), hostPort + offset]
    const target = [guestAddress, guestPort + offset] as const
    return [
      entry(ports, key, target),
      entry(marks, key, [mark]),
      entry("targets", [protocolNumber[protocol], ...target, mark])
    ]
  })
  return [...each.flat(), entry("live", [guestAddress, mark])]
}

/** Every value of a slot is part of some key: two slots that differ never have all their entries in common. */
const encodeSlot = ({ address, device, mac, outside, uplink }: Slot): ReadonlyArray<SetElement> => [
  entry("slot_guests", [device, mac, address]),
  entry("slot_links", [device, uplink]),
  entry("slot_uplinks", [uplink]),
  entry("slot_snat", [uplink, address], [outside]),
  entry("slot_dnat", [uplink, outside], [address])
]

/**
 * The entries of the layout's sets an element consists of: a fixed list, so that adding, deleting and looking for it are
 * the same question. Elements that would share an entry cannot both exist (the second is refused with `Exists`): two
 * bindings of one port, two guests with one address, two uses of one mark for one address, overlapping ranges of ports.
 */
export const encode = (element: NatElement): ReadonlyArray<SetElement> => {
  switch (element._tag) {
    case "Segment":
      return encodeSegment(element)
    case "Masquerade":
      return [entry("masqueraded", [element.device])]
    case "HostAccess":
      return [entry("trusted", [element.device])]
    case "Guest":
      return [
        entry("guests", [element.device, element.address], [verdictOf[element.egress]]),
        entry("generations", [element.address], [element.mark]),
        entry("live", [element.address, element.mark])
      ]
    case "Egress":
      return [encodeEgress(element)]
    case "Port":
      return [entry("closed", [element.device])]
    case "Detached":
      return [entry("detached", [element.device]), entry("detached_ports", [element.device])]
    case "Binding":
      return [entry("ports", [element.port]), entry("bindings", [element.port, element.mac, element.address])]
    case "Publish":
      return encodePublish(element)
    case "Slot":
      return encodeSlot(element)
  }
}

/**
 * Entries that contradict an element: with them it would be another one. An isolated segment is one without its pair, so
 * a pair that somebody left behind must neither make it open nor be left behind again.
 */
export const contradictions = (element: NatElement): ReadonlyArray<SetElement> =>
  element._tag === "Segment" && element.isolated ? [entry("pairs", [element.device, element.device])] : []
