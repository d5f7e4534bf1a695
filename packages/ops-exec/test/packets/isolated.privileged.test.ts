import { assert, layer } from "@effect/vitest"
import { layerExec } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { inside } from "../support/programs.ts"
import {
  applyNat,
  hostAddress,
  install,
  internetAddress,
  makeGuest,
  makeHost,
  makeSegment,
  pings,
  published,
  setSysctl
} from "./lab.ts"

layer(layerExec({ install }), { excludeTestServices: true })("guests of an isolated segment", (it) => {
  it.effect("do not reach one another, directly or through the gateway, but each other's published ports", () =>
    Effect.gen(function* () {
      const internet = yield* makeHost
      yield* internet.serve("tcp", 80)
      yield* makeSegment("vmb1", "10.0.42.1", true)
      const behind = { device: "vmb1", isolated: true } as const
      const one = yield* makeGuest({ ...behind, name: "one", address: "10.0.42.2", mark: 1 })
      const two = yield* makeGuest({ ...behind, name: "two", address: "10.0.42.3", mark: 2 })
      yield* two.serve("tcp", 80)
      assert.strictEqual(yield* one.tcp(internetAddress, 80), `internet sees ${hostAddress}`)
      assert.isNull(yield* one.tcp("10.0.42.3", 80), "directly")
      for (const { guest, other } of [
        { guest: one, other: "10.0.42.3" },
        { guest: two, other: "10.0.42.2" }
      ]) {
        inside(guest.netns, "ip", "route", "add", `${other}/32`, "via", "10.0.42.1")
      }
      assert.isNull(yield* one.tcp("10.0.42.3", 80), "through the gateway")
      assert.isFalse(pings(one.netns, "10.0.42.3"))
      yield* applyNat(published("tcp", [8080, 80], "10.0.42.3", 3))
      assert.strictEqual(yield* internet.tcp(hostAddress, 8080), "two sees 192.0.2.254")
      yield* setSysctl(["bridge", "bridge-nf-call-iptables"], "0")
      assert.strictEqual(yield* one.tcp(hostAddress, 8080), "two sees 10.0.42.1")
    })
  )
})
