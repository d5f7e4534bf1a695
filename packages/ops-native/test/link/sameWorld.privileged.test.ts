import { assert, layer } from "@effect/vitest"
import { hostNetns, type LinkChange, LinkOps, namedNetns as named, type Netns } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { namedNetns } from "../../../ops-exec/test/support/kernelFixture.ts"
import { inside, ip } from "../../../ops-exec/test/support/programs.ts"
import { inProcess } from "../layers.ts"
import { OverIp, overIp } from "./OverIp.ts"

const alias = "vmnet:0a1b2c3d:vm1:1"
const mac = (last: string): string => `02:00:00:00:00:${last}`

/** Every change there is, with every value that could vary given. */
const changes = (here: Netns): ReadonlyArray<LinkChange> => [
  { _tag: "AddBridge", link: "vmb1", mac: mac("01"), mtu: 1450 },
  { _tag: "SetAlias", link: "vmb1", alias },
  { _tag: "SetUp", link: "vmb1" },
  { _tag: "AddAddress", link: "vmb1", address: "10.0.42.1/24" },
  { _tag: "AddAddress", link: "vmb1", address: "10.0.43.1/32" },
  { _tag: "AddAddress", link: "lo", address: "127.0.0.9/32" },
  { _tag: "AddTap", link: "vmt1", mtu: 1450, mac: mac("02"), uid: 1000, gid: 1001 },
  { _tag: "AddTap", link: "vmt2", mtu: 1500, mac: mac("03") },
  { _tag: "AddVeth", link: "vmv1", mtu: 1400, mac: mac("04"), peer: { link: "vmp1", netns: here, mac: mac("05") } },
  { _tag: "AddVeth", link: "vmv2", mtu: 1500, mac: mac("06"), peer: { link: "vmp2", netns: here, mac: mac("07") } },
  { _tag: "SetMaster", link: "vmt1", master: "vmb1", isolated: true },
  { _tag: "SetMaster", link: "vmv1", master: "vmb1", isolated: false },
  { _tag: "SetMaster", link: "vmt2", master: "vmb1", isolated: true },
  { _tag: "ClearMaster", link: "vmt2" },
  { _tag: "SetUp", link: "vmt1" },
  { _tag: "SetUp", link: "vmp1" },
  { _tag: "SetMtu", link: "vmt2", mtu: 1300 },
  { _tag: "SetMac", link: "vmt2", mac: mac("08") },
  { _tag: "SetName", link: "vmt2", to: "vmt3" },
  { _tag: "AddRoute", link: "vmb1", destination: "10.9.0.0/16" },
  { _tag: "AddRoute", link: "vmb1", destination: "10.8.0.7/32", via: "10.0.42.2" },
  { _tag: "AddRoute", link: "vmb1", destination: "default", via: "10.0.42.254" },
  { _tag: "AddRoute", link: "vmb1", destination: "10.7.0.0/16" },
  { _tag: "DeleteRoute", link: "vmb1", destination: "10.7.0.0/16" },
  { _tag: "AddNeighbour", link: "vmb1", address: "10.0.42.2", mac: mac("09") },
  { _tag: "AddNeighbour", link: "vmb1", address: "10.0.42.3", mac: mac("0a") },
  { _tag: "DeleteNeighbour", link: "vmb1", address: "10.0.42.3" },
  { _tag: "DeleteAddress", link: "vmb1", address: "10.0.43.1/32" },
  { _tag: "DeleteLink", link: "vmv2" }
]

/** Counts down, or is the index that the other end has in another namespace, or follows the carrier in its own time (linkwatch). */
const volatile = new Set([
  "gc_timer",
  "hello_timer",
  "tcn_timer",
  "topology_change_timer",
  "hold_timer",
  "link_index",
  "operstate"
])
const ofCarrier = new Set(["NO-CARRIER", "LOWER_UP", "linkdown"])

const lasting = (key: string, value: unknown): unknown => {
  // The state of a port is a word, that of a neighbour a list.
  if (volatile.has(key) || (key === "state" && typeof value === "string")) return undefined
  return key === "flags" && Array.isArray(value) ? value.filter((flag) => !ofCarrier.has(flag)) : value
}

const seen = (netns: string): ReadonlyArray<unknown> =>
  ["address", "route show table all", "neighbour show", "rule"].map((what) =>
    JSON.parse(inside(netns, "ip", "-j", "-d", ...what.split(" ")), lasting)
  )

layer(Layer.merge(inProcess, overIp), { excludeTestServices: true })("what is made over rtnetlink", (it) => {
  it.effect("is what ip makes, in every detail that ip shows", () =>
    Effect.gen(function* () {
      const [native, exec] = [yield* LinkOps, yield* OverIp]
      const [here, there] = [yield* namedNetns, yield* namedNetns]
      yield* native.apply(here, changes(here))
      yield* exec.apply(there, changes(there))
      const expected = seen(there.path)
      assert.include(JSON.stringify(expected), alias)
      assert.deepStrictEqual(seen(here.path), expected)
    })
  )

  it.effect("a namespace too, and the file that names it", () =>
    Effect.gen(function* () {
      const [native, exec] = [yield* LinkOps, yield* OverIp]
      const peer = (name: string, link: string): LinkChange => ({
        _tag: "AddVeth",
        link,
        mtu: 1500,
        mac: mac("0b"),
        peer: { link: "eth0", netns: named(name), mac: mac("0c") }
      })
      const made = (name: string, link: string) => [{ _tag: "AddNetns", name, alias } as const, peer(name, link)]
      yield* native.apply(hostNetns, made("same-here", "vmv1"))
      yield* exec.apply(hostNetns, made("same-there", "vmv2"))
      assert.deepStrictEqual(seen("/run/netns/same-here"), seen("/run/netns/same-there"))
      const mounts = ip("netns", "list")
      assert.match(mounts, /same-here/)
      // `ip` deletes what was made here, and we what ip made.
      ip("netns", "delete", "same-here")
      yield* native.apply(hostNetns, [{ _tag: "DeleteNetns", name: "same-there" }])
      assert.deepStrictEqual(yield* native.findNetns(["same-here", "same-there"]), [null, null])
    })
  )
})
