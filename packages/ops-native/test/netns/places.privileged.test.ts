import { assert, layer } from "@effect/vitest"
import { hostNetns, LinkOps, namedNetns, NatOps, natElement, Stay, SysctlOps } from "@vmnet/core"
import { Effect } from "effect"
import { readdirSync, readlinkSync } from "node:fs"
import { layerNative } from "#src/layerNative.ts"
import { run } from "../../../ops-exec/test/support/programs.ts"
import { install } from "../layers.ts"

const descriptors = (): number => readdirSync("/proc/self/fd").length
const here = (): string => readlinkSync("/proc/thread-self/ns/net")
const add = (name: string) => ({ _tag: "AddNetns", name, alias: "vmnet:stay" }) as const

const slot = natElement(
  {
    _tag: "Slot",
    device: "tap0",
    uplink: "eth0",
    mac: "02:00:00:00:00:01",
    address: "192.0.2.2",
    outside: "198.51.100.2"
  },
  namedNetns("staying")
).element

layer(layerNative({ install }), { excludeTestServices: true })("a namespace that is worked in step by step", (it) => {
  it.effect("stays open from step to step, and no longer", () =>
    Effect.gen(function* () {
      const [links, nat, sysctls, stay] = [yield* LinkOps, yield* NatOps, yield* SysctlOps, yield* Stay]
      const staying = namedNetns("staying")
      yield* links.apply(hostNetns, [add("staying")])
      yield* sysctls.read(staying, ["net", "ipv4", "ip_forward"])
      const [before, count] = [here(), descriptors()]
      const open = yield* stay(
        Effect.gen(function* () {
          yield* links.find(staying, ["lo"])
          yield* nat.apply(staying, [{ _tag: "AddElement", element: slot, owner: "vmnet:stay" }])
          yield* nat.find(staying, [slot])
          const first = descriptors()
          yield* links.find(staying, ["lo"])
          yield* nat.find(staying, [slot])
          yield* sysctls.read(staying, ["net", "ipv4", "ip_forward"])
          assert.strictEqual(descriptors(), first)
          return first
        })
      )
      assert.isAbove(open, count)
      assert.deepStrictEqual([here(), descriptors()], [before, count])
      yield* links.apply(hostNetns, [{ _tag: "DeleteNetns", name: "staying" }])
    })
  )

  it.effect("is found by its name each time, and is the other one that has it by then", () =>
    Effect.gen(function* () {
      const [links, stay] = [yield* LinkOps, yield* Stay]
      const netns = namedNetns("renewed")
      yield* stay(
        Effect.gen(function* () {
          yield* links.apply(hostNetns, [add("renewed")])
          yield* links.apply(netns, [{ _tag: "AddBridge", link: "br0", mac: "02:00:00:00:00:09", mtu: 1500 }])
          run("ip", ["netns", "delete", "renewed"])
          assert.strictEqual((yield* Effect.flip(links.find(netns, ["br0"]))).reason, "Missing")
          run("ip", ["netns", "add", "renewed"])
          assert.deepStrictEqual(yield* links.find(netns, ["br0"]), [null])
        })
      )
      run("ip", ["netns", "delete", "renewed"])
    })
  )

  it.effect("goes when it is deleted, and its links with it, though somebody stays", () =>
    Effect.gen(function* () {
      const [links, stay] = [yield* LinkOps, yield* Stay]
      const netns = namedNetns("leaving")
      const peer = { link: "eth0", netns, mac: "02:00:00:00:00:0b" }
      yield* stay(
        Effect.gen(function* () {
          yield* links.apply(hostNetns, [add("leaving"), { _tag: "AddVeth", link: "vmleaving", mtu: 1500, peer }])
          yield* links.find(netns, ["eth0"])
          yield* links.apply(hostNetns, [{ _tag: "DeleteNetns", name: "leaving" }])
          const gone = Effect.map(links.find(hostNetns, ["vmleaving"]), ([link]) => link === null)
          yield* Effect.repeat(Effect.delay(gone, "20 millis"), { until: (isGone) => isGone, times: 250 })
          assert.isTrue(yield* gone)
        })
      )
    })
  )
})
