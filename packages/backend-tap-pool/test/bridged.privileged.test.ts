import { Vmnet } from "@vmnet/core"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "./support/request.ts"
import { attached, booted, fetched, leavesNoTrace, onPrivateHost, pings, runOk } from "./support/realHost.ts"
import { router, somebodysBridge } from "./support/somebodysBridge.ts"

const config = `networks: { lan: { backend: tap, subnet: 10.0.7.0/24, gateway: ${router}, bridge: br0, exclude: [10.0.7.2] } }`
const lan = { network: "lan" }

const macOfBridge = runOk("host", ["cat", "/sys/class/net/br0/address"])

it.live("guests on somebody's bridge are its neighbours, each as itself only, and leave it as it was", () =>
  onPrivateHost(
    Effect.gen(function* () {
      const host = yield* PrivateHost
      yield* somebodysBridge
      const mac = yield* macOfBridge
      yield* host.serve("/run/netns/router", { port: 80, page: "router" })
      yield* leavesNoTrace(
        Effect.gen(function* () {
          const one = yield* attached("one", lan, config)
          const two = yield* attached("two", lan, config)
          assert.strictEqual(yield* macOfBridge, mac)
          assert.deepStrictEqual([one.guest.address, two.guest.address], ["10.0.7.3/24", "10.0.7.4/24"])
          const [a, b] = yield* Effect.all([booted(one), booted(two)], { concurrency: 2 })
          yield* b.serve({ port: 80, page: "two" })
          assert.include(yield* fetched(a, `http://${router}/`), `"clientAddress":"${one.host.address}"`)
          assert.include(yield* fetched(a, `http://${two.host.address}/`), '"page":"two"')
          assert.strictEqual((yield* host.http("host", `http://${two.host.address}/`)).seen?.page, "two")
          yield* a.exec(["ip", "address", "add", "10.0.7.77/32", "dev", "eth0"])
          const spoofed = yield* a.exec(["ping", "-c", "2", "-W", "1", "-I", "10.0.7.77", router])
          assert.notStrictEqual(spoofed.exitCode, 0)
          assert.isTrue(yield* pings(a, router))
        })
      )
    }).pipe(Effect.scoped)
  )
)

it.live("a bridge that is not there, or is none, and an address of the host on it are refused", () =>
  onPrivateHost(
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      yield* somebodysBridge
      const before = yield* Effect.orDie(HostSnapshot.take())
      for (const [from, to, words] of [
        ["bridge: br0", "bridge: br9", "there is no bridge br9"],
        ["bridge: br0", "bridge: up7", "it is no bridge: up7"],
        ["exclude: [10.0.7.2]", "exclude: []", "10.0.7.2 is the host's own address on br0"],
        ["10.0.7.0/24", "192.0.2.0/24", "overlaps"]
      ] as const) {
        const changed = config.replace(from, to).replace(to === "192.0.2.0/24" ? /gateway: [^,]*, /g : "", "")
        const asked = request(
          "vm1",
          lan,
          to === "192.0.2.0/24" ? changed.replace(", exclude: [10.0.7.2]", "") : changed
        )
        const error = yield* Effect.flip(vmnet.up(asked))
        assert.include(error.message, words)
      }
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* Effect.orDie(HostSnapshot.take())), [])
    }).pipe(Effect.scoped)
  )
)
