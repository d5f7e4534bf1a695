import { assert, layer } from "@effect/vitest"
import type { Netns, SysctlKey, SysctlOps } from "@vmnet/core"
import { Effect, type Layer } from "effect"
import { refused } from "./expectations.ts"
import { inNetns } from "./inNetns.ts"
import { KernelFixture } from "./KernelFixture.ts"
import { hostileNames } from "./linkNames.ts"
import { sysctlForwarding } from "./sysctlForwarding.ts"
import { type SysctlTests, conf, ipForward, sysctlsIn } from "./sysctlsIn.ts"

const gone: Netns = { _tag: "Path", path: "/run/netns/vmnet-conformance-absent" }

const absentKeys: ReadonlyArray<SysctlKey> = [
  ["net", "ipv4", "no_such_parameter"],
  conf("vmx1", "forwarding"),
  conf("lo", "no_such_parameter")
]

/** Keys that would lead somewhere if their parts were taken for paths. */
const climbingKeys: ReadonlyArray<SysctlKey> = [
  ["net", "ipv4", "conf", "..", "ip_forward"],
  ["net", "ipv4", "conf/../ip_forward"],
  ["net", "ipv4/ip_forward"],
  ["net", "..", "kernel", "hostname"],
  conf("../lo", "forwarding"),
  conf("", "../ip_forward")
]

const values = (it: SysctlTests): void => {
  it.effect(
    "a value that is written is read back, trimmed",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write } = yield* sysctlsIn(netns)
        for (const value of ["2", "0", "1"]) {
          yield* write(conf("lo", "rp_filter"), value)
          assert.strictEqual(yield* read(conf("lo", "rp_filter")), value)
        }
        yield* write(["net", "ipv4", "ip_local_port_range"], "40000 50000")
        assert.deepStrictEqual((yield* read(["net", "ipv4", "ip_local_port_range"]))?.split(/\s+/), ["40000", "50000"])
      })
    )
  )

  it.effect(
    "a key that does not exist reads as null, and writing it is refused as missing",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write } = yield* sysctlsIn(netns)
        for (const key of absentKeys) {
          assert.isNull(yield* read(key), key.join(" "))
          yield* refused(write(key, "1"), "Missing")
        }
      })
    )
  )

  it.effect(
    "a part of a key is never a path, and never leads out of its directory",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write } = yield* sysctlsIn(netns)
        yield* write(ipForward, "0")
        for (const key of climbingKeys) {
          const found = yield* Effect.orElseSucceed(read(key), () => null)
          assert.isNull(found, key.join(" "))
          yield* refused(write(key, "1"), "Missing", "Invalid", "Denied")
        }
        assert.strictEqual(yield* read(ipForward), "0")
      })
    )
  )

  it.effect(
    "a value the kernel does not take is refused as invalid and changes nothing",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write } = yield* sysctlsIn(netns)
        yield* write(conf("lo", "rp_filter"), "1")
        for (const value of ["x", "99999999999"]) yield* refused(write(conf("lo", "rp_filter"), value), "Invalid")
        assert.strictEqual(yield* read(conf("lo", "rp_filter")), "1")
      })
    )
  )

  it.effect(
    "a device's parameters exist under its exact name, whatever it is, and go with it",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write, forwarding } = yield* sysctlsIn(netns)
        const { plantLink } = yield* KernelFixture
        for (const link of hostileNames) {
          assert.isNull(yield* read(conf(link, "route_localnet")))
          yield* plantLink(netns, { link })
          yield* write(conf(link, "route_localnet"), "1")
          assert.strictEqual(yield* read(conf(link, "route_localnet")), "1")
        }
        assert.includeMembers(Object.keys(yield* forwarding), ["all", "default", "lo", ...hostileNames])
      })
    )
  )
}

const places = (it: SysctlTests): void => {
  it.effect(
    "namespaces have parameters of their own",
    inNetns(
      Effect.fn(function* (netns) {
        const fixture = yield* KernelFixture
        const elsewhere = yield* fixture.netns
        const [here, there] = [yield* sysctlsIn(netns), yield* sysctlsIn(elsewhere)]
        yield* there.write(ipForward, "0")
        yield* here.write(ipForward, "1")
        assert.strictEqual(yield* there.read(ipForward), "0")
        const process = yield* fixture.process(elsewhere)
        const inside = yield* sysctlsIn(process.netns)
        yield* inside.write(ipForward, "1")
        assert.strictEqual(yield* there.read(ipForward), "1")
        yield* process.end
        yield* refused(inside.read(ipForward), "Missing")
        yield* refused(inside.write(ipForward, "0"), "Missing")
      })
    )
  )

  it.effect("a namespace that is gone is missing, not a parameter without a value", () =>
    Effect.gen(function* () {
      const { read, write, forwarding } = yield* sysctlsIn(gone)
      yield* refused(read(ipForward), "Missing")
      yield* refused(write(ipForward, "1"), "Missing")
      yield* refused(forwarding, "Missing")
    })
  )
}

/** What every `SysctlOps` must do. Call it at the top of a test file; the layer is built once for all its tests. */
export const sysctlOpsConformance = <E>(
  name: string,
  makeLayer: () => Layer.Layer<SysctlOps | KernelFixture, E>
): void => {
  layer(makeLayer(), { excludeTestServices: true })(`SysctlOps: ${name}`, (it) => {
    values(it)
    sysctlForwarding(it)
    places(it)
  })
}
