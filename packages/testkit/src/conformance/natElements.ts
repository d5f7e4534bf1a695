import { type NatElement, formatOwner } from "@vmnet/core"

/** The install that the suites of operations are of, and what its table is called. */
export const install = "0a1b2c3d"
export const table = `vmnet_${install}`

export const owner = `vmnet:${install}:vm1:1`
export const otherOwner = `vmnet:${install}:vm2:7`

type Kind = NatElement["_tag"]
type Of<K extends Kind> = Extract<NatElement, { readonly _tag: K }>
type Over<K extends Kind> = Partial<Omit<Of<K>, "_tag">>

export const segment = (over: Over<"Segment"> = {}): Of<"Segment"> => ({
  _tag: "Segment",
  device: "vmb1",
  isolated: false,
  ...over
})

export const guest = (over: Over<"Guest"> = {}): Of<"Guest"> => ({
  _tag: "Guest",
  device: "vmb1",
  address: "10.0.42.2",
  mark: 1,
  egress: "all",
  ...over
})

/** From the first port to the last, of TCP. */
export const egress = (destination: string, ports: readonly [number, number] = [443, 443]): Of<"Egress"> => ({
  _tag: "Egress",
  address: "10.0.42.2",
  destination,
  protocol: "tcp",
  ports
})

export const slot = (over: Over<"Slot"> = {}): Of<"Slot"> => ({
  _tag: "Slot",
  device: "tap0",
  uplink: "eth0",
  mac: "02:fc:00:00:00:05",
  address: "169.254.0.21",
  outside: "10.11.0.1",
  ...over
})

export const publish = (over: Over<"Publish"> = {}): Of<"Publish"> => ({
  _tag: "Publish",
  protocol: "tcp",
  hostAddress: null,
  hostPort: 8080,
  count: 1,
  guestAddress: "10.0.42.2",
  guestPort: 80,
  mark: 11,
  ...over
})

/** The longest tag there can be: 128 characters. */
export const longestOwner = formatOwner({
  install,
  subject: `@${"n".repeat(96)}`,
  generation: 999_999_999_999_999
})

/** One element of every kind and shape; no two share an entry of the layout. */
export const everyElement: ReadonlyArray<NatElement> = [
  { _tag: "Segment", device: "vmb1", isolated: false },
  { _tag: "Masquerade", device: "vmb1" },
  { _tag: "HostAccess", device: "vmb1" },
  { _tag: "Guest", device: "vmb1", address: "10.0.42.2", mark: 1, egress: "all" },
  { _tag: "Guest", device: "vmb1", address: "10.0.42.3", mark: 2, egress: "listed" },
  { _tag: "Guest", device: "vmt-4.x", address: "10.0.42.4", mark: 2 ** 32 - 1, egress: "none" },
  { _tag: "Egress", address: "10.0.42.3", destination: "203.0.113.0/24" },
  { _tag: "Egress", address: "10.0.42.3", destination: "198.51.100.7/32" },
  { _tag: "Egress", address: "10.0.42.4", destination: "0.0.0.0/0" },
  { _tag: "Egress", address: "10.0.42.3", destination: "203.0.113.0/24", protocol: "tcp" },
  { _tag: "Egress", address: "10.0.42.3", destination: "203.0.113.0/24", protocol: "udp", ports: [53, 53] },
  { _tag: "Egress", address: "10.0.42.4", destination: "0.0.0.0/0", protocol: "tcp", ports: [443, 8443] },
  { _tag: "Egress", address: "10.0.42.5", destination: "203.0.113.0/25", protocol: "udp", ports: [1, 65_535] },
  { _tag: "Egress", address: "10.0.42.6", destination: "203.0.113.128/25", protocol: "tcp", ports: [65_535, 65_535] },
  { _tag: "Port", device: "vmt1" },
  { _tag: "Detached", device: "vmt1" },
  { _tag: "Binding", port: "vmt1", mac: "02:00:00:00:0a:01", address: "10.0.42.2" },
  publish({ hostPort: 8080, guestPort: 80, mark: 11 }),
  publish({ protocol: "udp", hostPort: 8080, guestPort: 8080, mark: 12 }),
  publish({ hostAddress: "192.0.2.1", hostPort: 8080, guestPort: 81, mark: 13 }),
  publish({ hostAddress: "127.0.0.1", hostPort: 20_000, count: 10, guestPort: 30_000, mark: 14 }),
  publish({ hostPort: 65_535, guestPort: 1, mark: 15 }),
  { _tag: "Segment", device: "vmb2", isolated: true }
]
