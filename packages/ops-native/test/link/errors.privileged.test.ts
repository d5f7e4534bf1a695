import { assert, layer } from "@effect/vitest"
import { type LinkChange, LinkOps, type Netns, type OpsError } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { writeFileSync } from "node:fs"
import { namedNetns } from "../../../ops-exec/test/support/kernelFixture.ts"
import { inside } from "../../../ops-exec/test/support/programs.ts"
import { inProcess } from "../layers.ts"
import { OverIp, overIp } from "./OverIp.ts"

const mac = "02:00:00:00:0b:01"
const bridge = (link: string, mtu = 1500): LinkChange => ({ _tag: "AddBridge", link, mac, mtu })
const tap = (link: string, more = {}): LinkChange => ({ _tag: "AddTap", link, mtu: 1500, ...more })
const veth = (link: string, netns: Netns, peer: string, more = {}): LinkChange => ({
  _tag: "AddVeth",
  link,
  mtu: 1500,
  peer: { link: peer, netns, mac },
  ...more
})
const up = (link: string): LinkChange => ({ _tag: "SetUp", link })
const master = (link: string, of: string): LinkChange => ({ _tag: "SetMaster", link, master: of, isolated: false })
const address = (link: string, text: string): LinkChange => ({ _tag: "AddAddress", link, address: text })
const route = (destination: string, link: string, via?: string): LinkChange => ({
  _tag: "AddRoute",
  destination,
  link,
  ...(via !== undefined && { via })
})
const neighbour = (link: string, text: string): LinkChange => ({ _tag: "AddNeighbour", link, address: text, mac })

/** What is there before each failure: two bridges, one of them up and in use, a TAP and a veth. */
const beginning = (here: Netns): ReadonlyArray<LinkChange> => [
  bridge("vmb1"),
  up("vmb1"),
  address("vmb1", "10.0.42.1/24"),
  route("10.9.0.0/16", "vmb1"),
  neighbour("vmb1", "10.0.42.2"),
  bridge("vmb2"),
  tap("vmt1"),
  veth("vmv1", here, "vmp1")
]

const gone: Netns = { _tag: "Path", path: "/run/netns/vmnet-errors-absent" }
const notOne: Netns = { _tag: "Path", path: "/run/vmnet-errors-file" }

const failures = (here: Netns): ReadonlyArray<LinkChange> => [
  bridge("vmb1"),
  bridge("vmt1"),
  tap("vmb1"),
  tap("vmt1"),
  tap("vmt2", { mtu: 65_535 }),
  tap("vmt3", { mac: "01:00:5e:00:00:01" }),
  veth("vmv1", here, "vmx1"),
  veth("vmx1", here, "vmb1"),
  veth("vmx1", here, "vmx2", { mac: "01:00:5e:00:00:01" }),
  veth("vmx1", gone, "eth0"),
  veth("vmx1", notOne, "eth0"),
  { ...bridge("vmx1"), mac: "01:00:5e:00:00:01" } as LinkChange,
  { _tag: "SetAlias", link: "vmx1", alias: "x" },
  master("vmx1", "vmb1"),
  master("vmt1", "vmx1"),
  master("vmx1", "vmx2"),
  master("vmb1", "vmb2"),
  master("vmt1", "vmv1"),
  { _tag: "ClearMaster", link: "vmx1" },
  { _tag: "SetMtu", link: "vmx1", mtu: 1400 },
  { _tag: "SetMtu", link: "vmt1", mtu: 65_535 },
  { _tag: "SetMac", link: "vmx1", mac },
  { _tag: "SetMac", link: "vmt1", mac: "01:00:5e:00:00:01" },
  { _tag: "SetName", link: "vmx1", to: "vmx2" },
  { _tag: "SetName", link: "vmt1", to: "vmb1" },
  up("vmx1"),
  address("vmx1", "10.0.1.1/24"),
  address("vmb1", "10.0.42.1/24"),
  { _tag: "DeleteAddress", link: "vmx1", address: "10.0.1.1/24" },
  { _tag: "DeleteAddress", link: "vmb1", address: "10.0.42.1/25" },
  route("10.7.0.0/16", "vmx1"),
  route("10.9.0.0/16", "vmb1"),
  route("10.7.0.0/16", "vmb2"),
  route("10.7.0.0/16", "vmb1", "172.16.0.1"),
  { _tag: "DeleteRoute", link: "vmx1", destination: "10.9.0.0/16" },
  { _tag: "DeleteRoute", link: "vmb1", destination: "10.9.0.0/24" },
  neighbour("vmx1", "10.0.42.2"),
  neighbour("vmb1", "10.0.42.2"),
  { _tag: "DeleteNeighbour", link: "vmx1", address: "10.0.42.2" },
  { _tag: "DeleteNeighbour", link: "vmb1", address: "10.0.42.3" },
  { _tag: "DeleteLink", link: "vmx1" },
  { _tag: "DeleteLink", link: "lo" },
  { _tag: "AddNetns", name: "vmnet-errors-taken", alias: "x" },
  { _tag: "DeleteNetns", name: "vmnet-errors-absent" },
  { _tag: "AddNetns", name: "../x", alias: "x" },
  { _tag: "SetMtu", link: "vmt1", mtu: 1 }
]

const shown = ({ action, family, index, output, reason }: OpsError) => ({ family, reason, index, action, output })

layer(Layer.merge(inProcess, overIp), { excludeTestServices: true })("failures over rtnetlink and over ip", (it) => {
  it.effect("are told alike: reason, place, action and words", () =>
    Effect.gen(function* () {
      const [native, exec] = [yield* LinkOps, yield* OverIp]
      const [here, there] = [yield* namedNetns, yield* namedNetns]
      writeFileSync(notOne.path, "")
      yield* native.apply(here, [{ _tag: "AddNetns", name: "vmnet-errors-taken", alias: "x" }])
      yield* native.apply(here, beginning(here))
      yield* exec.apply(there, beginning(there))
      const differences: Array<unknown> = []
      for (const [at, change] of failures(here).entries()) {
        const same = failures(there)[at]!
        // The second of two: where in a call it stands is part of the answer.
        const one = shown(yield* Effect.flip(native.apply(here, [up("vmb1"), change])))
        const other = shown(yield* Effect.flip(exec.apply(there, [up("vmb1"), same])))
        if (JSON.stringify(one) !== JSON.stringify(other)) differences.push([one, other])
      }
      assert.deepStrictEqual(differences, [])
      yield* native.apply(here, [{ _tag: "DeleteNetns", name: "vmnet-errors-taken" }])
    })
  )

  it.effect("a TAP that cannot be made as asked is not left behind", () =>
    Effect.gen(function* () {
      const links = yield* LinkOps
      const netns = yield* namedNetns
      yield* Effect.flip(links.apply(netns, [tap("vmt2", { mtu: 65_535 })]))
      assert.deepStrictEqual(yield* links.find(netns, ["vmt2"]), [null])
      assert.notInclude(inside(netns.path, "ip", "link", "show"), "vmt2")
    })
  )
})
