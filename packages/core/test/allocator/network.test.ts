import { assert, describe, it } from "@effect/vitest"
import type { AttachRequest } from "@vmnet/core"
import { Effect } from "effect"
import { freshLedger, inLedger } from "./support/memoryLedger.ts"
import { webRequest } from "./support/requests.ts"
import { releasing, reserving, rowCounts } from "./support/reserving.ts"

const inNetwork = (request: AttachRequest, network: string, subnet?: string): AttachRequest => ({
  ...request,
  network: {
    ...request.network,
    network,
    ...(subnet === undefined ? {} : { subnet, gateway: subnet.replace("0/", "1/").split("/")[0]! })
  }
})

describe("a network", () => {
  it.effect(
    "gets device and MAC with its first lease, all its leases share them, and it has them again next time",
    () =>
      Effect.gen(function* () {
        const [first, second] = [yield* reserving(webRequest("vm1", "")), yield* reserving(webRequest("vm2", ""))]
        assert.deepStrictEqual(second.lease.network, first.lease.network)
        assert.match(first.lease.network.device, /^vmb[a-z2-7]{12}$/)
        yield* releasing("vm1")
        yield* releasing("vm2")
        const again = yield* reserving(webRequest("vm3", "mtu: 1400"))
        assert.deepStrictEqual(again.lease.network, first.lease.network)
      }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("keeps its settings while it has leases: another request is a conflict that names what differs", () =>
    Effect.gen(function* () {
      yield* reserving(webRequest("vm1", "mtu: 1500"))
      const before = yield* inLedger(rowCounts)
      const error = yield* Effect.flip(reserving(webRequest("vm2", "mtu: 1400, isolated: true, cooldown: 5")))
      assert.deepStrictEqual([error.code, error.exitCode], ["NETWORK_CONFLICT", 4])
      assert.strictEqual(
        error.message,
        "network web is up with other settings: mtu is 1500, not 1400; isolated is false, not true"
      )
      assert.deepStrictEqual(error.details?.["differing"], ["mtu", "isolated"])
      assert.deepStrictEqual(yield* inLedger(rowCounts), before)
      yield* releasing("vm1")
      yield* reserving(webRequest("vm2", "mtu: 1400, isolated: true"))
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("is the same however its settings are ordered, and whatever its resolvers and cooldown", () =>
    Effect.gen(function* () {
      const request = webRequest("vm1", "mtu: 1500")
      yield* reserving(request)
      const network = Object.fromEntries(Object.entries(request.network).toReversed()) as typeof request.network
      yield* reserving({ ...request, vm: "vm2", network: { ...network, cooldown: 5, dns: ["192.0.2.53"] } })
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("that overlaps a network in use is refused, naming both", () =>
    Effect.gen(function* () {
      yield* reserving(webRequest("vm1", ""))
      const other = inNetwork(webRequest("vm2", ""), "db", "10.0.42.128/25")
      const wrong = { ...other, network: { ...other.network, gateway: "10.0.42.129" } }
      const error = yield* Effect.flip(reserving(wrong))
      assert.deepStrictEqual([error.code, error.exitCode], ["SUBNET_OVERLAP", 4])
      assert.strictEqual(error.message, "network db: subnet 10.0.42.128/25 overlaps network web (10.0.42.0/24)")
      yield* reserving(inNetwork(webRequest("vm2", ""), "db", "10.0.43.0/24"))
      yield* releasing("vm1")
      yield* reserving({ ...wrong, vm: "vm3", network: { ...wrong.network, network: "cache" } })
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("whose pool changes forgets which addresses cool down, and only then", () =>
    Effect.gen(function* () {
      const lowest = "addressing: lowest"
      yield* reserving(webRequest("vm1", lowest))
      yield* releasing("vm1", 2_000_000)
      const other = yield* reserving(webRequest("vm2", `${lowest}, mtu: 1400`))
      assert.strictEqual(other.lease.address, "10.0.42.3")
      yield* releasing("vm2")
      const moved = yield* reserving(webRequest("vm3", `${lowest}, subnet: 10.0.42.0/24, exclude: [10.0.42.9]`))
      assert.strictEqual(moved.lease.address, "10.0.42.2")
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("never takes a device name that the host has already", () =>
    Effect.gen(function* () {
      const usual = yield* reserving(webRequest("vm1", ""))
      yield* releasing("vm1")
      const links = new Set([usual.lease.network.device])
      const other = yield* reserving(webRequest("vm1", ""), { network: { host: { uplink: null, links } } })
      assert.notStrictEqual(other.lease.network.device, usual.lease.network.device)
      assert.match(other.lease.network.device, /^vmb[a-z2-7]{12}$/)
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("has the uplink it was made with while it has leases", () =>
    Effect.gen(function* () {
      const first = yield* reserving(webRequest("vm1", ""))
      const second = yield* reserving(webRequest("vm2", ""), { network: {} })
      assert.deepStrictEqual([first.lease.uplink, second.lease.uplink], ["eth0", "eth0"])
    }).pipe(Effect.provide(freshLedger()))
  )
})
