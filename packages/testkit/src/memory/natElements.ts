import {
  type Egress,
  type Guest,
  type NatElement,
  type Protocol,
  type Publish,
  type Segment,
  type Slot,
  natElementKey
} from "@vmnet/core"
import { formatIpv4 } from "./ipv4.ts"
import { protocolNumber, verdicts } from "./natEntries.ts"
import { natFinding } from "./natFinding.ts"
import type { NatEntryState, NatTables } from "./NatTables.ts"
import { Refusal } from "./Refusal.ts"

export interface OwnedNatElement {
  readonly element: NatElement
  readonly owner: string
}

const owned = (entry: NatEntryState, element: NatElement): OwnedNatElement => ({ element, owner: entry.comment })

const bounds = (part: string): readonly [number, number] => {
  const [first, last] = part.split("-")
  return [Number(first), Number(last)]
}

const guestOf = (tables: NatTables, { key, value }: NatEntryState): ReadonlyArray<Guest> => {
  const [device, address] = key as [string, string]
  const mark = tables.get({ set: "generations", key: [address] })?.value
  const egress = (["all", "listed", "none"] as const).find((policy) => verdicts[policy] === value)
  if (mark === undefined || egress === undefined) return []
  return [{ _tag: "Guest", device, address, mark: Number(mark), egress }]
}

const segmentOf = (tables: NatTables, { key }: NatEntryState): Segment => {
  const device = key[0]!
  return { _tag: "Segment", device, isolated: tables.get({ set: "pairs", key: [device, device] }) === undefined }
}

const slotsOf = (tables: NatTables, { key }: NatEntryState): ReadonlyArray<Slot> => {
  const [device, mac, address] = key as [string, string, string]
  return tables.entries("slot_links").flatMap(({ key: [from, uplink] }) => {
    const outside = tables.get({ set: "slot_snat", key: [uplink!, address] })?.value
    return from !== device || outside == null ? [] : [{ _tag: "Slot", device, uplink: uplink!, mac, address, outside }]
  })
}

/** Nothing for what no element of ours can be, such as a range of protocols. */
const egressOf = ({ set, key }: NatEntryState): ReadonlyArray<Egress> => {
  const [source, destination, protocol, ports] = key.map(bounds)
  const [first, last] = destination!
  const known = (["tcp", "udp"] as const).find((one) => protocolNumber[one] === protocol?.[0])
  const allPorts = ports === undefined || (ports[0] === 0 && ports[1] === 65_535)
  if (set === "egress" && known === undefined) return []
  return [
    {
      _tag: "Egress",
      address: formatIpv4(source![0]),
      destination: `${formatIpv4(first)}/${32 - Math.log2(last - first + 1)}`,
      ...(known === undefined ? {} : { protocol: known }),
      ...(allPorts ? {} : { ports })
    }
  ]
}

/** One port of a map, as a range of one. */
const publishOf = (tables: NatTables, entry: NatEntryState): ReadonlyArray<Publish> => {
  const any = entry.set === "publish_any"
  const mark = tables.get({ set: any ? "publish_any_marks" : "publish_marks", key: entry.key })?.value
  const [guestAddress, guestPort] = (entry.value ?? "").split(" . ")
  if (mark === undefined || guestAddress === undefined) return []
  const [hostAddress, hostPort] = any ? [null, entry.key[1]] : [entry.key[1]!, entry.key[2]]
  const protocol = entry.key[0] as Protocol
  const ports = { hostPort: Number(hostPort), count: 1, guestPort: Number(guestPort) }
  return [{ _tag: "Publish", protocol, hostAddress, guestAddress, mark: Number(mark), ...ports }]
}

/** Whether `next` is one more port of the range `previous`: same flow mark, same guest, next port on both sides. */
const continues = (previous: OwnedNatElement, next: OwnedNatElement): boolean => {
  const [a, b] = [previous.element as Publish, next.element as Publish]
  return (
    previous.owner === next.owner &&
    a.mark === b.mark &&
    a.protocol === b.protocol &&
    a.hostAddress === b.hostAddress &&
    a.guestAddress === b.guestAddress &&
    a.hostPort + a.count === b.hostPort &&
    a.guestPort + a.count === b.guestPort
  )
}

/** Whether all of it is there, under one owner; nothing that others planted makes an element no firewall can hold. */
const isWhole = (tables: NatTables, element: NatElement): boolean => {
  try {
    return natFinding(tables, element)._tag === "Present"
  } catch (cause) {
    if (cause instanceof Refusal) return false
    throw cause
  }
}

const publishes = (tables: NatTables): ReadonlyArray<OwnedNatElement> => {
  const entries = [...tables.entries("publish"), ...tables.entries("publish_any")]
  const candidates = entries.flatMap((entry) => publishOf(tables, entry).map((element) => ({ entry, element })))
  const single = candidates.filter(({ element }) => isWhole(tables, element))
  const ranges: Array<OwnedNatElement> = []
  for (const { entry, element } of single.toSorted((a, b) => a.element.hostPort - b.element.hostPort)) {
    const next = owned(entry, element)
    const at = ranges.findIndex((range) => continues(range, next))
    if (at === -1) ranges.push(next)
    else ranges[at] = { ...next, element: { ...(ranges[at]!.element as Publish), count: countOf(ranges[at]!) + 1 } }
  }
  return ranges
}

const countOf = ({ element }: OwnedNatElement): number => (element as Publish).count

/** The elements that the tables hold whole, in the order of their keys; halves are for `natFinding` to tell. */
export const natElements = (tables: NatTables): ReadonlyArray<OwnedNatElement> => {
  const device = (
    set: "masqueraded" | "trusted" | "closed" | "detached",
    tag: "Masquerade" | "HostAccess" | "Port" | "Detached"
  ) => tables.entries(set).map((entry) => owned(entry, { _tag: tag, device: entry.key[0]! }))
  const binding = (entry: NatEntryState): OwnedNatElement => {
    const [port, mac, address] = entry.key as [string, string, string]
    return owned(entry, { _tag: "Binding", port, mac, address })
  }
  const elements = [
    ...tables.entries("segments").map((entry) => owned(entry, segmentOf(tables, entry))),
    ...device("masqueraded", "Masquerade"),
    ...device("trusted", "HostAccess"),
    ...device("closed", "Port"),
    ...device("detached", "Detached"),
    ...tables.entries("guests").flatMap((entry) => guestOf(tables, entry).map((guest) => owned(entry, guest))),
    ...[...tables.entries("egress"), ...tables.entries("egress_any")].flatMap((entry) =>
      egressOf(entry).map((egress) => owned(entry, egress))
    ),
    ...tables.entries("bindings").map(binding),
    ...tables.entries("slot_guests").flatMap((entry) => slotsOf(tables, entry).map((slot) => owned(entry, slot)))
  ]
  const whole = [...elements.filter(({ element }) => isWhole(tables, element)), ...publishes(tables)]
  return whole.toSorted((a, b) => (natElementKey(a.element) < natElementKey(b.element) ? -1 : 1))
}
