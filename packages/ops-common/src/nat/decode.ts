import type { Guest, NatElement, NatSnapshot, Protocol, Slot } from "@vmnet/core"
import { type Index, indexOf, judge } from "./compare.ts"
import { protocolNumber, verdictOf } from "./encode.ts"
import type { FoundElement } from "./sets.ts"

type Owned = NatSnapshot["elements"][number]

const egressOf = (verdict: string): Guest["egress"] | undefined =>
  (["all", "listed", "none"] as const).find((egress) => verdictOf[egress] === verdict)

const protocolOf = (number: string): Protocol | undefined =>
  (["tcp", "udp"] as const).find((protocol) => protocolNumber[protocol] === number)

const prefixForm = (text: string): string => (text.includes("/") ? text : `${text}/32`)

const guest = (
  { key: [device = "", address = ""], value: [verdict = ""] }: FoundElement,
  index: Index
): ReadonlyArray<NatElement> => {
  const egress = egressOf(verdict)
  const mark = Number(index.get(`generations ${address}`)?.value[0])
  return egress === undefined ? [] : [{ _tag: "Guest", device, address, mark, egress }]
}

const egress = ({ key: [address = "", to = "", number = "", ports = ""] }: FoundElement): ReadonlyArray<NatElement> => {
  const protocol = protocolOf(number)
  if (protocol === undefined) return []
  const destination = prefixForm(to)
  const [first = "", last = first] = ports.split("-")
  return ports === "0-65535"
    ? [{ _tag: "Egress", address, destination, protocol }]
    : [{ _tag: "Egress", address, destination, protocol, ports: [Number(first), Number(last)] }]
}

/** Publishes one port each; `joinPorts` makes the ranges they came from. */
const publishedPort = (entry: FoundElement, index: Index): ReadonlyArray<NatElement> => {
  const [number = "", ...rest] = entry.key
  const protocol = protocolOf(number)
  const mark = index.get(`${entry.set}_marks ${entry.key.join(" . ")}`)?.value[0]
  const [guestAddress = "", guestPort] = entry.value
  if (protocol === undefined || mark === undefined) return []
  return [
    {
      _tag: "Publish",
      protocol,
      hostAddress: rest.length === 1 ? null : (rest[0] ?? null),
      hostPort: Number(rest.at(-1)),
      count: 1,
      guestAddress,
      guestPort: Number(guestPort),
      mark: Number(mark)
    }
  ]
}

/** The guest and its ways out, as they are found: what does not belong together is no slot when it is judged. */
const slots = ({ key: [device = "", mac = "", address = ""] }: FoundElement, index: Index): ReadonlyArray<Slot> =>
  [...index.values()].flatMap(({ key: [from, uplink = ""], set }) => {
    const [outside] = index.get(`slot_snat ${uplink} . ${address}`)?.value ?? []
    if (set !== "slot_links" || from !== device || outside === undefined) return []
    return [{ _tag: "Slot", device, uplink, mac, address, outside }]
  })

const candidates = (entry: FoundElement, index: Index): ReadonlyArray<NatElement> => {
  const [first = "", second = "", third = ""] = entry.key
  switch (entry.set) {
    case "segments":
      return [{ _tag: "Segment", device: first, isolated: !index.has(`pairs ${first} . ${first}`) }]
    case "masqueraded":
      return [{ _tag: "Masquerade", device: first }]
    case "trusted":
      return [{ _tag: "HostAccess", device: first }]
    case "guests":
      return guest(entry, index)
    case "egress":
      return egress(entry)
    case "egress_any":
      return [{ _tag: "Egress", address: first, destination: prefixForm(second) }]
    case "closed":
      return [{ _tag: "Port", device: first }]
    case "detached":
      return [{ _tag: "Detached", device: first }]
    case "bindings":
      return [{ _tag: "Binding", port: first, mac: second, address: third }]
    case "publish":
    case "publish_any":
      return publishedPort(entry, index)
    case "slot_guests":
      return slots(entry, index)
    default:
      // The rest are parts of elements that another set names.
      return []
  }
}

const continues = (range: NatElement, next: NatElement): boolean =>
  range._tag === "Publish" &&
  next._tag === "Publish" &&
  range.protocol === next.protocol &&
  range.hostAddress === next.hostAddress &&
  range.guestAddress === next.guestAddress &&
  range.mark === next.mark &&
  range.hostPort + range.count === next.hostPort &&
  range.guestPort + range.count === next.guestPort

const byHostPort = (a: Owned, b: Owned): number =>
  a.element._tag === "Publish" && b.element._tag === "Publish"
    ? (a.element.hostAddress ?? "").localeCompare(b.element.hostAddress ?? "") ||
      a.element.protocol.localeCompare(b.element.protocol) ||
      a.element.hostPort - b.element.hostPort
    : 0

/** A mark belongs to one published range only, so neighbouring ports with equal marks were published together. */
const joinPorts = (published: ReadonlyArray<Owned>): ReadonlyArray<Owned> =>
  published.toSorted(byHostPort).reduce<Array<Owned>>((ranges, next) => {
    const last = ranges.at(-1)
    if (last?.element._tag === "Publish" && last.owner === next.owner && continues(last.element, next.element)) {
      ranges[ranges.length - 1] = { owner: last.owner, element: { ...last.element, count: last.element.count + 1 } }
    } else ranges.push(next)
    return ranges
  }, [])

/**
 * The elements that made these entries: the inverse of `encode`. Every candidate is judged like a sought element, so
 * what is listed is whole and under one owner; halves of elements are left out (`find` names them).
 */
export const decode = (found: ReadonlyArray<FoundElement>): ReadonlyArray<Owned> => {
  const index = indexOf(found)
  const whole = found.flatMap((entry) =>
    candidates(entry, index).flatMap((element): ReadonlyArray<Owned> => {
      const finding = judge(element, index)
      return finding._tag === "Present" ? [{ element, owner: finding.owner }] : []
    })
  )
  const isPublish = ({ element }: Owned): boolean => element._tag === "Publish"
  return [...whole.filter((owned) => !isPublish(owned)), ...joinPorts(whole.filter(isPublish))]
}
