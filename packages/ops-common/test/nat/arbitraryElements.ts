import type { NatElement } from "@vmnet/core"
import { encode, keyOf } from "@vmnet/ops-common"
import { Arbitrary, Schema } from "effect"

export interface Owned {
  readonly element: NatElement
  readonly owner: string
}

const between = (minimum: number, maximum: number) =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))

const oneOf = <const A extends string>(...choices: ReadonlyArray<A>) => Arbitrary.schema(Schema.Literals(choices))

// Few values, so that elements meet.
const device = Arbitrary.map(between(0, 20), (n) => (n % 2 === 0 ? `vmt${n}` : `vm.b-${n}`))
const address = Arbitrary.map(between(0, 300), (n) => `10.0.${Math.floor(n / 256)}.${n % 256}`)
const mac = Arbitrary.map(between(0, 255), (n) => `02:00:00:00:00:${n.toString(16).padStart(2, "0")}`)
const mark = between(1, 2 ** 32 - 1)
const protocol = oneOf("tcp", "udp")

const network = Arbitrary.map(Arbitrary.all([between(0, 2 ** 32 - 1), between(0, 32)]), ([bits, length]) => {
  const base = Math.floor(bits / 2 ** (32 - length)) * 2 ** (32 - length)
  return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".")}/${length}`
})

const egress = Arbitrary.map(
  Arbitrary.all({
    address,
    destination: network,
    protocol,
    kind: between(0, 2),
    first: between(1, 65_535),
    more: between(0, 65_534)
  }),
  ({ address, destination, first, kind, more, protocol }): NatElement => {
    if (kind === 0) return { _tag: "Egress", address, destination }
    if (kind === 1) return { _tag: "Egress", address, destination, protocol }
    return { _tag: "Egress", address, destination, protocol, ports: [first, Math.min(65_535, first + more)] }
  }
)

const publish = Arbitrary.map(
  Arbitrary.all({
    protocol,
    guestAddress: address,
    mark,
    count: between(1, 5),
    any: between(0, 1),
    host: address,
    hostPort: between(1, 400),
    guestPort: between(1, 65_000)
  }),
  ({ any, host, ...rest }): NatElement => ({ _tag: "Publish", hostAddress: any === 1 ? null : host, ...rest })
)

const kinds: ReadonlyArray<Arbitrary.Arbitrary<NatElement>> = [
  Arbitrary.map(Arbitrary.all([device, between(0, 1)]), ([device, isolated]): NatElement => ({
    _tag: "Segment",
    device,
    isolated: isolated === 1
  })),
  Arbitrary.map(device, (device): NatElement => ({ _tag: "Masquerade", device })),
  Arbitrary.map(device, (device): NatElement => ({ _tag: "HostAccess", device })),
  Arbitrary.map(device, (device): NatElement => ({ _tag: "Port", device })),
  Arbitrary.map(device, (device): NatElement => ({ _tag: "Detached", device })),
  Arbitrary.map(
    Arbitrary.all({ device, address, mark, egress: oneOf("all", "listed", "none") }),
    (guest): NatElement => ({ _tag: "Guest", ...guest })
  ),
  Arbitrary.map(Arbitrary.all({ port: device, mac, address }), (binding): NatElement => ({
    _tag: "Binding",
    ...binding
  })),
  Arbitrary.map(
    Arbitrary.all({ device, uplink: device, mac, address, outside: address }),
    ({ uplink, ...rest }): NatElement => ({ _tag: "Slot", uplink: `up-${uplink}`.slice(0, 15), ...rest })
  ),
  egress,
  publish
]

const element = Arbitrary.flatMap(between(0, kinds.length - 1), (kind) => kinds[kind] ?? egress)
const owner = Arbitrary.map(between(1, 3), (n) => `vmnet:0a1b2c3d:vm${n}:${n}`)

/** What an element takes for itself: its entries, and a slot the one place for a slot as well. */
const takenBy = (element: NatElement): ReadonlyArray<string> =>
  element._tag === "Slot" ? ["slot", ...encode(element).map(keyOf)] : encode(element).map(keyOf)

/** Elements that can all exist at once: none shares an entry of the layout with another, and one slot at most. */
export const coexisting: Arbitrary.Arbitrary<ReadonlyArray<Owned>> = Arbitrary.map(
  Arbitrary.array(Arbitrary.all({ element, owner }), { maxLength: 40 }),
  (all) => {
    const taken = new Set<string>()
    return all.filter(({ element }) => {
      const keys = takenBy(element)
      if (keys.some((key) => taken.has(key))) return false
      for (const key of keys) taken.add(key)
      return true
    })
  }
)
