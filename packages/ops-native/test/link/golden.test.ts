import { assert, describe, it } from "@effect/vitest"
import type { AddVeth, Netns } from "@vmnet/core"
import { readFileSync } from "node:fs"
import * as address from "#src/link/encodeAddress.ts"
import * as link from "#src/link/encodeLink.ts"
import * as neighbour from "#src/link/encodeNeighbour.ts"
import * as route from "#src/link/encodeRoute.ts"
import { encodeMessage, flags, requestFlags } from "#src/netlink/message.ts"
import { type Request, rtm } from "#src/netlink/rtnetlink.ts"

/**
 * What iproute2 6.1 sends: a command, then its message as `strace -e trace=sendmsg,sendto -e write=all` shows it, with the sequence
 * number and the port blanked. In there vmb1 has index 3, vmt1 4, vmt2 5, vmv1 6; the open namespace is descriptor 4.
 */
const captured = (): ReadonlyMap<string, string> => {
  const lines = readFileSync(new URL("ipMessages.txt", import.meta.url), "utf8")
    .trimEnd()
    .split("\n")
  return new Map(lines.flatMap((line, at) => (at % 2 === 0 ? [[line, lines[at + 1]?.trim() ?? ""] as const] : [])))
}

const gets: ReadonlySet<number> = new Set([rtm.getLink, rtm.getNeighbour])

/** The answer to a question is its own acknowledgement. */
const sent = ({ flags: more, payload, type }: Request): string => {
  const isQuestion = more === 0 && gets.has(type)
  const message = encodeMessage({ type, flags: isQuestion ? flags.request : requestFlags(more), sequence: 0, payload })
  return Buffer.from(message).toString("hex")
}

const [vmb1, vmt1, vmt2, vmv1] = [{ index: 3 }, { index: 4 }, { index: 5 }, { index: 6 }]
const host: Netns = { _tag: "Host" }
const veth = (name: string, peer: string, more: Partial<AddVeth> = {}): AddVeth => ({
  _tag: "AddVeth",
  link: name,
  mtu: 1500,
  peer: { link: peer, netns: host, mac: "02:00:00:00:0e:02" },
  ...more
})
const entry = { index: 3, address: "10.0.42.2" }
const learned = { ...entry, lladdr: "02:00:00:00:0c:01" }
const tag = "vmnet:0a1b2c3d:vm1:1"
const near = "ip link add name vmv1 address 02:00:00:00:0e:01 mtu 1500"
const peer = "address 02:00:00:00:0e:02 mtu 1500"

const same: ReadonlyArray<readonly [command: string, request: Request]> = [
  [
    "ip link add name vmb1 address 02:00:00:00:0b:01 mtu 1499 type bridge",
    link.addBridge({ _tag: "AddBridge", link: "vmb1", mac: "02:00:00:00:0b:01", mtu: 1500 })
  ],
  ["ip link set dev vmb1 mtu 1500 addrgenmode none", link.setLink(vmb1, { mtu: 1500, silent: true })],
  [
    "ip link set dev vmt1 mtu 1400 address 02:00:00:00:0a:01 addrgenmode none",
    link.setLink(vmt1, { mtu: 1400, mac: "02:00:00:00:0a:01", silent: true })
  ],
  [
    `${near} type veth peer name eth0 ${peer} netns /proc/self/fd/5`,
    link.addVeth(veth("vmv1", "eth0", { mac: "02:00:00:00:0e:01" }), 4)
  ],
  [`ip link add name vmv2 mtu 1500 type veth peer name vmp2 ${peer}`, link.addVeth(veth("vmv2", "vmp2"), undefined)],
  ["ip link set dev vmv1 addrgenmode none", link.setLink(vmv1, { silent: true })],
  [`ip link set dev vmt1 alias ${tag}`, link.setLink(vmt1, { alias: tag })],
  ["ip link set dev vmt1 master vmb1", link.setLink(vmt1, { master: 3 })],
  ["ip link set dev vmt1 nomaster", link.setLink(vmt1, { master: 0 })],
  ["ip link set dev vmt1 mtu 1300", link.setLink(vmt1, { mtu: 1300 })],
  ["ip link set dev vmt1 address 02:00:00:00:0a:02", link.setLink(vmt1, { mac: "02:00:00:00:0a:02" })],
  ["ip link set dev vmt2 name vmt3", link.setLink(vmt2, { name: "vmt3" })],
  ["ip link set dev vmb1 addrgenmode none up", link.setLink(vmb1, { silent: true, up: true })],
  [`ip link set dev lo alias ${tag} up`, link.setLink({ index: 1 }, { alias: tag, up: true })],
  ["ip link delete dev vmb1", link.deleteLink(vmb1)],
  ["ip link set dev vmt1 group 305419896", link.setGroup(vmt1, 305_419_896)],
  ["ip link delete group 305419896", link.deleteGroup(305_419_896)],
  ["ip address add 10.0.42.1/24 dev vmb1", address.addAddress(3, "10.0.42.1/24")],
  ["ip address add 10.0.43.1/32 dev vmb1", address.addAddress(3, "10.0.43.1/32")],
  ["ip address delete 10.0.42.1/24 dev vmb1", address.deleteAddress(3, "10.0.42.1/24")],
  ["ip route add 10.9.0.0/16 dev vmb1", route.addRoute({ destination: "10.9.0.0/16", index: 3 })],
  [
    "ip route add 10.8.0.7/32 via 10.0.42.2 dev vmb1",
    route.addRoute({ destination: "10.8.0.7/32", via: "10.0.42.2", index: 3 })
  ],
  [
    "ip route add default via 10.0.42.254 dev vmb1",
    route.addRoute({ destination: "default", via: "10.0.42.254", index: 3 })
  ],
  ["ip route delete 10.9.0.0/16 dev vmb1", route.deleteRoute({ destination: "10.9.0.0/16", index: 3 })],
  [
    "ip route delete 10.8.0.7/32 via 10.0.42.2 dev vmb1",
    route.deleteRoute({ destination: "10.8.0.7/32", via: "10.0.42.2", index: 3 })
  ],
  [
    "ip route delete default via 10.0.42.254 dev vmb1",
    route.deleteRoute({ destination: "default", via: "10.0.42.254", index: 3 })
  ],
  ["ip neighbour add 10.0.42.2 lladdr 02:00:00:00:0c:01 dev vmb1 nud permanent", neighbour.addNeighbour(learned)],
  [
    "ip neighbour replace 10.0.42.2 lladdr 02:00:00:00:0c:01 dev vmb1 nud permanent",
    neighbour.replaceNeighbour(learned)
  ],
  ["ip neighbour delete 10.0.42.2 dev vmb1", neighbour.deleteNeighbour(entry)],
  ["ip neighbour get 10.0.42.2 dev vmb1", neighbour.getNeighbour(entry)],
  ["ip route show dev vmb1", route.listRoutes(3)],
  ["ip route show", route.listRoutes()]
]

/** Puts `after` in the place of `before`, which must be there, `at` bytes from the beginning. */
const edited = (hex: string, at: number, before: string, after: string): string => {
  assert.strictEqual(hex.slice(at * 2, at * 2 + before.length), before)
  return hex.slice(0, at * 2) + after + hex.slice(at * 2 + before.length)
}

const slave = (state: "on" | "off") =>
  `ip link set dev vmt1 type bridge_slave isolated ${state} hairpin on group_fwd_mask 0xfffd`

/** `IFLA_INFO_KIND` "bridge_slave", 16 bytes; with it a kernel looks for a module of that name, which there is not. */
const bridgeSlave = "100001006272696467655f736c617665"
const withoutKind = (hex: string): string =>
  edited(edited(edited(hex, 36, bridgeSlave, ""), 32, "30001200", "20001200"), 0, "50000000", "40000000")

const different: ReadonlyArray<
  readonly [why: string, command: string, change: (hex: string) => string, request: Request]
> = [
  ["a port is one without its kind being told", slave("on"), withoutKind, link.setPort(vmt1, { isolated: true })],
  ["a port is one without its kind being told", slave("off"), withoutKind, link.setPort(vmt1, { isolated: false })],
  [
    "virtual functions of a network card are of no interest (RTEXT_FILTER_VF)",
    "ip link show dev vmb1",
    (hex) => edited(hex, 36, "09", "08"),
    link.getLink({ link: "vmb1" })
  ],
  [
    "nor are statistics (RTEXT_FILTER_SKIP_STATS)",
    "ip link show",
    (hex) => edited(hex, 36, "01", "08"),
    link.listLinks
  ],
  [
    "of addresses those of IPv4 are of interest, which ip picks from all",
    "ip address show dev vmb1",
    (hex) => edited(hex, 16, "00", "02"),
    address.listAddresses(3)
  ],
  [
    "of addresses those of IPv4 are of interest, which ip picks from all",
    "ip address show",
    (hex) => edited(hex, 16, "00", "02"),
    address.listAddresses()
  ],
  [
    "so it is with neighbours",
    "ip neighbour show dev vmb1 nud permanent",
    (hex) => edited(hex, 16, "00", "02"),
    neighbour.listNeighbours(3)
  ],
  [
    "so it is with neighbours",
    "ip neighbour show nud permanent",
    (hex) => edited(hex, 16, "00", "02"),
    neighbour.listNeighbours()
  ]
]

describe("the bytes of ip", () => {
  const commands = captured()

  for (const [command, request] of same) {
    it(`are ours: ${command}`, () => assert.strictEqual(sent(request), commands.get(command)))
  }

  for (const [why, command, change, request] of different) {
    it(`are not all ours, ${why}: ${command}`, () => {
      assert.strictEqual(sent(request), change(commands.get(command) ?? ""))
    })
  }

  it("are each compared with something", () => {
    const compared = new Set([...same.map(([command]) => command), ...different.map(([, command]) => command)])
    assert.sameMembers([...commands.keys()], [...compared])
  })

  // `ip` asks for the index of every link it is told to change; the kernel takes the name as well, in one message instead of three.
  it("have an index where ours have the name, which the kernel looks up itself", () => {
    const [byIndex, byName] = [link.setLink({ index: 4 }, { mtu: 1300 }), link.setLink({ link: "vmt1" }, { mtu: 1300 })]
    const name = "09000300766d743100000000"
    const [header, rest] = [sent(byIndex).slice(32, 64), sent(byIndex).slice(64)]
    assert.strictEqual(sent(byName).slice(32), edited(header, 4, "04", "00") + name + rest)
    assert.strictEqual(sent(link.deleteLink({ link: "vmt1" })).slice(64), name)
    assert.strictEqual(sent(link.setPort({ link: "vmt1" }, { isolated: true })).slice(64, 88), name)
  })

  it("put loopback addresses into the scope of the host", () => {
    assert.strictEqual(address.addAddress(1, "127.0.0.2/8").payload[3], 254)
  })
})
