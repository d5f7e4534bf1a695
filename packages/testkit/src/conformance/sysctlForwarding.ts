import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { inNetns } from "./inNetns.ts"
import { KernelFixture } from "./KernelFixture.ts"
import { type SysctlTests, conf, ipForward, sysctlsIn } from "./sysctlsIn.ts"

/** `ip_forward` and its per-interface flags, as `inet_forward_change` of the kernel has them. */
export const sysctlForwarding = (it: SysctlTests): void => {
  it.effect(
    "forwarding lists every interface with all and default",
    inNetns(
      Effect.fn(function* (netns) {
        const { write, forwarding } = yield* sysctlsIn(netns)
        const { plantLink } = yield* KernelFixture
        yield* write(ipForward, "1")
        yield* write(ipForward, "0")
        yield* plantLink(netns, { link: "vmb1" })
        yield* write(conf("vmb1", "forwarding"), "1")
        assert.deepInclude(yield* forwarding, { all: "0", default: "0", lo: "0", vmb1: "1" })
      })
    )
  )

  it.effect(
    "toggling ip_forward resets every interface's flag and default, in both directions",
    inNetns(
      Effect.fn(function* (netns) {
        const { write, forwarding } = yield* sysctlsIn(netns)
        const { plantLink } = yield* KernelFixture
        yield* plantLink(netns, { link: "vmb1" })
        yield* plantLink(netns, { link: "vmb2" })
        yield* write(ipForward, "0")
        yield* write(conf("vmb1", "forwarding"), "1")
        yield* write(ipForward, "1")
        assert.deepInclude(yield* forwarding, { all: "1", default: "1", lo: "1", vmb1: "1", vmb2: "1" })
        yield* write(conf("vmb1", "forwarding"), "0")
        yield* write(ipForward, "0")
        assert.deepInclude(yield* forwarding, { all: "0", default: "0", lo: "0", vmb1: "0", vmb2: "0" })
      })
    )
  )

  it.effect(
    "writing ip_forward's own value again resets nothing",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write, forwarding } = yield* sysctlsIn(netns)
        const { plantLink } = yield* KernelFixture
        yield* plantLink(netns, { link: "vmb1" })
        for (const [value, other] of [
          ["1", "0"],
          ["0", "1"]
        ] as const) {
          yield* write(ipForward, value)
          yield* write(conf("vmb1", "forwarding"), other)
          yield* write(conf("all", "accept_redirects"), value)
          const before = yield* forwarding
          yield* write(ipForward, value)
          assert.deepStrictEqual(yield* forwarding, before)
          assert.strictEqual(yield* read(conf("all", "accept_redirects")), value)
        }
      })
    )
  )

  it.effect(
    "toggling ip_forward sets conf.all.accept_redirects to its opposite, and no interface's",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write } = yield* sysctlsIn(netns)
        yield* write(ipForward, "0")
        const lo = yield* read(conf("lo", "accept_redirects"))
        yield* write(ipForward, "1")
        assert.strictEqual(yield* read(conf("all", "accept_redirects")), "0")
        yield* write(ipForward, "0")
        assert.strictEqual(yield* read(conf("all", "accept_redirects")), "1")
        assert.strictEqual(yield* read(conf("lo", "accept_redirects")), lo)
      })
    )
  )

  it.effect(
    "ip_forward and conf.all.forwarding are one",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write, forwarding } = yield* sysctlsIn(netns)
        for (const value of ["1", "0", "1"]) {
          yield* write(conf("all", "forwarding"), value)
          assert.strictEqual(yield* read(ipForward), value)
          assert.deepInclude(yield* forwarding, { all: value, default: value, lo: value })
        }
      })
    )
  )

  it.effect(
    "a new interface is born with what default says",
    inNetns(
      Effect.fn(function* (netns) {
        const { read, write } = yield* sysctlsIn(netns)
        const { plantLink } = yield* KernelFixture
        yield* write(ipForward, "1")
        yield* write(conf("default", "forwarding"), "0")
        yield* write(conf("default", "rp_filter"), "2")
        yield* plantLink(netns, { link: "vmb1" })
        assert.strictEqual(yield* read(conf("vmb1", "forwarding")), "0")
        assert.strictEqual(yield* read(conf("vmb1", "rp_filter")), "2")
        assert.strictEqual(yield* read(conf("lo", "forwarding")), "1")
      })
    )
  )
}
