import { assert, it } from "@effect/vitest"
import { LinkOps, SysctlOps, hostNetns } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect } from "effect"

const conf = (device: string, parameter: string, family = "ipv4") => ["net", family, "conf", device, parameter]

const setup = Effect.gen(function* () {
  const kernel = MemoryKernel.make()
  const netns = kernel.addNetns("/run/netns/a")
  const [sysctls, links] = yield* Effect.all([SysctlOps, LinkOps]).pipe(Effect.provide(kernel.layer))
  yield* links.apply(netns, [
    { _tag: "AddTap", link: "t0", mtu: 1500 },
    { _tag: "AddTap", link: "t1", mtu: 1500 }
  ])
  const read = (key: ReadonlyArray<string>) => sysctls.read(netns, key)
  const write = (key: ReadonlyArray<string>, value: string) => sysctls.write(netns, key, value)
  return { kernel, netns, links, sysctls, read, write }
})

it.effect("default is followed by devices until they are written or have had an address", () =>
  Effect.gen(function* () {
    const { netns, links, read, write } = yield* setup
    yield* write(conf("t0", "rp_filter"), "2")
    yield* write(conf("default", "rp_filter"), "1")
    assert.deepStrictEqual([yield* read(conf("t0", "rp_filter")), yield* read(conf("t1", "rp_filter"))], ["2", "1"])
    yield* links.apply(netns, [{ _tag: "AddAddress", link: "t1", address: "10.0.0.1/24" }])
    yield* write(conf("default", "rp_filter"), "0")
    assert.deepStrictEqual([yield* read(conf("t1", "rp_filter")), yield* read(conf("lo", "rp_filter"))], ["1", "0"])
  })
)

it.effect("default.forwarding is not followed by devices that are there", () =>
  Effect.gen(function* () {
    const { read, write } = yield* setup
    yield* write(conf("default", "forwarding"), "1")
    assert.strictEqual(yield* read(conf("t0", "forwarding")), "0")
  })
)

it.effect("forwarding takes any number, and hands it on as it is", () =>
  Effect.gen(function* () {
    const { netns, sysctls, write } = yield* setup
    yield* write(["net", "ipv4", "ip_forward"], " 2\n")
    assert.deepStrictEqual(yield* sysctls.forwarding(netns), { all: "2", default: "2", lo: "2", t0: "2", t1: "2" })
  })
)

it.effect("IPv6 forwarding and disable_ipv6 of all go to default and every device", () =>
  Effect.gen(function* () {
    const { read, write } = yield* setup
    for (const parameter of ["forwarding", "disable_ipv6"]) {
      yield* write(conf("all", parameter, "ipv6"), "1")
      for (const device of ["default", "lo", "t0"])
        assert.strictEqual(yield* read(conf(device, parameter, "ipv6")), "1")
    }
  })
)

it.effect("links of ours make no IPv6 address of their own", () =>
  Effect.gen(function* () {
    const { read } = yield* setup
    assert.strictEqual(yield* read(conf("t0", "addr_gen_mode", "ipv6")), "1")
    assert.strictEqual(yield* read(conf("lo", "addr_gen_mode", "ipv6")), "0")
  })
)

it.effect("a new namespace starts with what all and default are on the host", () =>
  Effect.gen(function* () {
    const { kernel, sysctls } = yield* setup
    yield* sysctls.write(hostNetns, ["net", "ipv4", "ip_forward"], "1")
    const born = kernel.addNetns("/run/netns/b")
    assert.deepStrictEqual(yield* sysctls.forwarding(born), { all: "1", default: "1", lo: "1" })
  })
)
