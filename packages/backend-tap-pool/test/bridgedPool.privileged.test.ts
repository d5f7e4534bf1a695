import { Vmnet } from "@vmnet/core"
import { Guest } from "@vmnet/testkit"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "./support/request.ts"
import { booted, leavesNoTrace, onPrivateHost, pings, runOk } from "./support/realHost.ts"
import { router, somebodysBridge } from "./support/somebodysBridge.ts"

const config =
  `networks: { lan: { backend: tap, subnet: 10.0.7.0/24, gateway: ${router}, bridge: br0, exclude: [10.0.7.2], ` +
  "cooldown: 0, pool: { warm: 1 } } }"
const on = (vm: string) => request(vm, { network: "lan" }, config)
const { network: lan } = on("any")

/** The one TAP that is ready in the pool. */
const readyTap = Effect.map(
  runOk("host", ["ip", "-o", "link", "show", "master", "br0"]),
  (links) => /: (vmt\w+):/.exec(links)?.[1] ?? ""
)

const withPool = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  onPrivateHost(
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      yield* somebodysBridge
      return yield* leavesNoTrace(
        Effect.gen(function* () {
          yield* Effect.acquireRelease(vmnet.warm(lan), () => Effect.orDie(vmnet.removeNetwork("lan")))
          return yield* work
        })
      )
    }).pipe(Effect.scoped) as Effect.Effect<A, E>
  )

it.live("a TAP that waits on somebody's bridge lets nobody speak, and one that had a guest does not either", () =>
  withPool(
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const device = yield* readyTap
      const forged = { address: "10.0.7.77/24", mac: "02:fc:00:00:00:77", gateway: router, dns: [] }
      const intruder = yield* Guest.boot({ device, ...forged })
      assert.isFalse(yield* pings(intruder, "10.0.7.2"))
      assert.notInclude(yield* runOk("host", ["ip", "neighbour", "show", "dev", "br0"]), "10.0.7.77")
      assert.notInclude(yield* runOk("host", ["bridge", "fdb", "show", "br", "br0"]), forged.mac)
      yield* intruder.shutdown

      const { attachment } = yield* vmnet.up(on("vm1"))
      assert.strictEqual(attachment.device.name, device)
      const guest = yield* booted(attachment)
      assert.isTrue(yield* pings(guest, router))
      yield* guest.shutdown
      yield* vmnet.down("vm1")
      const again = yield* Guest.boot({ device, ...forged })
      assert.isFalse(yield* pings(again, "10.0.7.2"))
      assert.notInclude(yield* runOk("host", ["ip", "neighbour", "show", "dev", "br0"]), "10.0.7.77")
      yield* again.shutdown
    }).pipe(Effect.scoped)
  )
)
