import type { Egress, Guest, NatElement, Publish, Segment, Slot } from "@vmnet/core"
import { checkLinkName, checkMac, checkMark, checkPort } from "./checks.ts"
import { formatIpv4, parseIpv4, parseNetwork } from "./ipv4.ts"
import type { NatEntry, NatKey, NatSet } from "./NatTables.ts"
import { refuse } from "./Refusal.ts"

const entry = (set: NatSet, key: ReadonlyArray<string>, value: string | null = null): NatEntry => ({ set, key, value })

const address = (text: string): string => formatIpv4(parseIpv4(text))

const range = (first: number, last: number): string => `${first}-${last}`

/** IANA protocol numbers. */
export const protocolNumber = { tcp: 6, udp: 17 } as const

export const verdicts = { all: "accept", listed: "jump listed", none: "drop" } as const

const live = (guest: string, mark: number): NatEntry => entry("live", [address(guest), `${checkMark(mark)}`])

const guestEntries = ({ device, address: guest, mark, egress }: Guest): ReadonlyArray<NatEntry> => [
  entry("guests", [checkLinkName(device), address(guest)], verdicts[egress]),
  entry("generations", [address(guest)], `${checkMark(mark)}`),
  live(guest, mark)
]

const egressEntries = ({ address: guest, destination, protocol, ports }: Egress): ReadonlyArray<NatEntry> => {
  const source = parseIpv4(guest)
  const network = parseNetwork(destination)
  const key = [range(source, source), range(network.first, network.last)]
  if (protocol === undefined) {
    return ports === undefined ? [entry("egress_any", key)] : refuse("Invalid", "ports need a protocol, tcp or udp")
  }
  const [first, last] = ports ?? [0, 65_535]
  if (ports !== undefined && checkPort(first) > checkPort(last)) refuse("Invalid", `${first}-${last}: range ends early`)
  const number = protocolNumber[protocol]
  return [entry("egress", [...key, range(number, number), range(first, last)])]
}

const publishEntries = (publish: Publish): ReadonlyArray<NatEntry> => {
  const { protocol, hostAddress, hostPort, count, guestAddress, guestPort, mark } = publish
  if (!Number.isInteger(count) || count < 1) refuse("Invalid", `${count} is not a number of ports`)
  for (const first of [hostPort, guestPort]) checkPort(checkPort(first) + count - 1)
  const any = hostAddress === null
  const entries = Array.from({ length: count }, (_, offset) => {
    const key = [protocol, ...(any ? [] : [address(hostAddress)]), `${hostPort + offset}`]
    const target = [address(guestAddress), `${guestPort + offset}`] as const
    return [
      entry(any ? "publish_any" : "publish", key, target.join(" . ")),
      entry(any ? "publish_any_marks" : "publish_marks", key, `${mark}`),
      entry("targets", [protocol, ...target, `${mark}`])
    ]
  })
  return [...entries.flat(), live(guestAddress, mark)]
}

/** Paired with itself: what comes from the device may go back to it by way of the gateway. */
const segmentEntries = ({ device, isolated }: Segment): ReadonlyArray<NatEntry> => [
  entry("segments", [checkLinkName(device)]),
  ...(isolated ? [] : [entry("pairs", [device, device])])
]

/** Every value is part of some key, so that the entries of one slot are never another's. */
const slotEntries = ({ device, uplink, mac, address: inside, outside }: Slot): ReadonlyArray<NatEntry> => {
  if (checkLinkName(device) === checkLinkName(uplink)) refuse("Invalid", `${uplink} is the guest's device`)
  return [
    entry("slot_guests", [device, checkMac(mac), address(inside)]),
    entry("slot_links", [device, uplink]),
    entry("slot_uplinks", [uplink]),
    entry("slot_snat", [uplink, address(inside)], address(outside)),
    entry("slot_dnat", [uplink, address(outside)], address(inside))
  ]
}

/** What must not be there for an element to be exactly what it says. */
export const natAbsences = (element: NatElement): ReadonlyArray<NatKey> =>
  element._tag === "Segment" && element.isolated ? [{ set: "pairs", key: [element.device, element.device] }] : []

/** What an element is in the sets and maps of the layout, the entry that gives it its key first. */
export const natEntries = (element: NatElement): ReadonlyArray<NatEntry> => {
  switch (element._tag) {
    case "Segment":
      return segmentEntries(element)
    case "Masquerade":
      return [entry("masqueraded", [checkLinkName(element.device)])]
    case "HostAccess":
      return [entry("trusted", [checkLinkName(element.device)])]
    case "Guest":
      return guestEntries(element)
    case "Egress":
      return egressEntries(element)
    case "Port":
      return [entry("closed", [checkLinkName(element.device)])]
    case "Detached":
      return [entry("detached", [checkLinkName(element.device)]), entry("detached_ports", [element.device])]
    case "Binding":
      return [
        entry("ports", [checkLinkName(element.port)]),
        entry("bindings", [element.port, checkMac(element.mac), address(element.address)])
      ]
    case "Publish":
      return publishEntries(element)
    case "Slot":
      return slotEntries(element)
  }
}
