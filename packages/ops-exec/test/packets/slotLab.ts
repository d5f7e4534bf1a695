import { type LinkChange, LinkOps, type NatElement, NatOps, type Netns } from "@vmnet/core"
import { natFixtures } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { namedNetns } from "../support/kernelFixture.ts"
import { inside, run } from "../support/programs.ts"
import { add, applyLinks, makeInternet, setConf, setSysctl } from "./lab.ts"

/** The identity of every guest, inside. */
export const guestAddress = natFixtures.slot().address
export const gatewayAddress = "169.254.0.22"
export const guestMac = natFixtures.slot().mac
export const gatewayMac = "02:fc:00:00:00:06"

export const slotElement = (outside: string): NatElement => natFixtures.slot({ outside })

/** Where slot `n` is known outside, and both ends of its link. */
export const outsideOf = (n: number): string => `10.11.0.${n}`
export const linkOf = (n: number) => ({ host: `10.12.0.${2 * n}`, slot: `10.12.0.${2 * n + 1}` })

const applyIn = (netns: Netns, ...changes: ReadonlyArray<LinkChange>) =>
  LinkOps.use((links) => links.apply(netns, changes))

/** The internet knows the way to outside addresses, so that it sees who is there. */
export const makeOutside = Effect.gen(function* () {
  const internet = yield* makeInternet
  inside(internet.netns, "ip", "route", "add", "10.11.0.0/16", "via", "192.0.2.1")
  return internet
})

const nameOf = (n: number): string => `slot-${process.pid}-${n}`
const namedNetnsOf = (n: number) => ({ _tag: "Path", path: `/run/netns/${nameOf(n)}` }) as const

/** The namespace of slot `n` and its way out: its firewall first, then the devices, forwarding last. */
const makeNamespace = Effect.fnUntraced(function* (n: number) {
  const netns = namedNetnsOf(n)
  const link = linkOf(n)
  yield* Effect.acquireRelease(
    Effect.orDie(applyLinks({ _tag: "AddNetns", name: nameOf(n), alias: `vmnet:0a1b2c3d:vm${n}:1` })),
    () => Effect.orDie(applyLinks({ _tag: "DeleteLink", link: `vmv${n}` }, { _tag: "DeleteNetns", name: nameOf(n) }))
  )
  yield* NatOps.use((nat) => nat.apply(netns, [add(slotElement(outsideOf(n)))]))
  yield* applyLinks(
    { _tag: "AddVeth", link: `vmv${n}`, mtu: 1500, peer: { link: "eth0", netns, mac: "02:00:00:00:0c:02" } },
    { _tag: "SetUp", link: `vmv${n}` },
    { _tag: "AddAddress", link: `vmv${n}`, address: `${link.host}/31` }
  )
  yield* applyIn(
    netns,
    { _tag: "SetUp", link: "eth0" },
    { _tag: "AddAddress", link: "eth0", address: `${link.slot}/31` },
    { _tag: "AddRoute", destination: "default", via: link.host, link: "eth0" }
  )
  yield* applyLinks({ _tag: "AddRoute", destination: `${outsideOf(n)}/32`, via: link.slot, link: `vmv${n}` })
  yield* setSysctl(["ipv4", "ip_forward"], "1", netns)
  return netns
})

/** Slot `n` with a guest behind its `tap0`, which a veth plays; the guest is root in a namespace of its own. */
export const makeSlot = Effect.fnUntraced(function* (n: number) {
  const slot = yield* makeNamespace(n)
  const guest = yield* namedNetns
  const peer = { link: "eth0", netns: guest, mac: guestMac }
  yield* applyIn(
    slot,
    { _tag: "AddVeth", link: "tap0", mtu: 1500, mac: gatewayMac, peer },
    { _tag: "SetUp", link: "tap0" },
    { _tag: "AddAddress", link: "tap0", address: `${gatewayAddress}/30` },
    { _tag: "AddNeighbour", link: "tap0", address: guestAddress, mac: guestMac }
  )
  yield* applyIn(
    guest,
    { _tag: "SetUp", link: "lo" },
    { _tag: "SetUp", link: "eth0" },
    { _tag: "AddAddress", link: "eth0", address: `${guestAddress}/30` },
    { _tag: "AddNeighbour", link: "eth0", address: gatewayAddress, mac: gatewayMac },
    { _tag: "AddRoute", destination: "default", via: gatewayAddress, link: "eth0" }
  )
  yield* setConf("tap0", "rp_filter", "0", slot)
  return { slot: slot.path, guest: guest.path }
})

/** Counts what comes from a device of a namespace, before the slot judges it, and what becomes of it. */
export const watch = (netns: string, device: string): void => {
  const count = (name: string, hook: string, priority: number, match = "") =>
    `chain ${name} { type filter hook ${hook} priority ${priority}; iifname "${device}" ${match} counter; }`
  const chains = [
    count("came", "prerouting", -400),
    // What the namespace itself says on the device, such as its reports of IPv6 groups, counts as come from there too.
    count("left", "postrouting", 300, `oifname != "${device}"`),
    count("arrived", "input", 300)
  ]
  inside(netns, "nft", `table inet watch {\n${chains.join("\n")}\n}`)
}

/** What came while `act` ran, and how much of it was forwarded or arrived. */
export const during = (netns: string, act: Effect.Effect<unknown>) =>
  Effect.gen(function* () {
    const count = () => [...inside(netns, "nft", "list", "table", "inet", "watch").matchAll(/counter packets (\d+)/g)]
    const before = count()
    yield* act
    const [came = 0, left = 0, arrived = 0] = count().map(([, now], at) => Number(now) - Number(before[at]?.[1]))
    return { came, passed: left + arrived }
  })

/** An ICMP echo reply that nobody asked for, which no connection is made of; busybox cannot send one. */
export const sendEchoReply = (netns: string, to: string): void => {
  const packet = 'pack("CCnnn", 0, 0, 0xfffc, 1, 2)'
  const send = `use Socket; socket(S, PF_INET, SOCK_RAW, 1) or die; send(S, ${packet}, 0, sockaddr_in(0, inet_aton("${to}"))) or die`
  run("nsenter", [`--net=${netns}`, "--", "perl", "-e", send])
}
