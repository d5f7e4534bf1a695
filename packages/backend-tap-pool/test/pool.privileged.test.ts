import { type Attachment, HostProbe, hostNetns, LinkOps, Vmnet } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { request } from "./support/request.ts"
import { booted, fetched, leavesNoTrace, onPrivateHost, runOk } from "./support/realHost.ts"

const config =
  "networks: { fleet: { backend: tap, subnet: 10.9.0.0/24, cooldown: 0, pool: { warm: 1, owner: '1234:5678' } } }"
const on = (vm: string, flags = {}) => request(vm, { network: "fleet", ...flags }, config)
const { network: fleet } = on("any")

/** One host on which the fleet's pool is warm, gone with its network. */
const withPool = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* Effect.acquireRelease(vmnet.warm(fleet), () => Effect.orDie(vmnet.removeNetwork("fleet")))
        return yield* work
      }) as Effect.Effect<A, E>
    )
  )

const up = Effect.fn("up")(function* (vm: string, flags = {}) {
  const vmnet = yield* Vmnet
  return (yield* vmnet.up(on(vm, flags))).attachment
})

const indexOf = ({ device }: Attachment): number =>
  Number(readFileSync(`/sys/class/net/${device.name}/ifindex`, "utf8"))

const valuesOf = (names: ReadonlyArray<string>) =>
  names.map((name) => readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim())

const parametersOf = (device: string) =>
  valuesOf([`conf/${device}/rp_filter`, `conf/${device}/proxy_arp`, `neigh/${device}/proxy_delay`])

/** It has them while a guest is behind it. */
const guestParametersOf = (device: string) => valuesOf([`conf/${device}/forwarding`, `conf/${device}/route_localnet`])

it.live("a TAP out of the pool serves one real guest after the other, each as if it were new", () =>
  withPool(
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const vmnet = yield* Vmnet
      const first = yield* up("first", { publish: ["8080:80"] })
      const field = (name: string) => readFileSync(`/sys/class/net/${first.device.name}/${name}`, "utf8").trim()
      assert.deepStrictEqual([field("owner"), field("group"), field("address")], ["1234", "5678", first.device.mac])
      assert.deepStrictEqual(parametersOf(first.device.name), ["1", "1", "0"])
      assert.deepStrictEqual(guestParametersOf(first.device.name), ["1", "1"])
      const index = indexOf(first)
      const one = yield* booted(first)
      yield* one.serve({ port: 80, page: "first" })
      assert.include(yield* fetched(one, "http://203.0.113.10/"), '"page":"internet"')
      assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8080/")).seen?.page, "first")
      yield* one.shutdown
      yield* vmnet.down("first")
      const [idle] = yield* LinkOps.use((links) => links.find(hostNetns, [first.device.name]))
      assert.deepStrictEqual([idle?.up, idle?.addresses], [true, []])
      assert.deepStrictEqual(parametersOf(first.device.name), ["1", "1", "0"])
      assert.deepStrictEqual(guestParametersOf(first.device.name), ["0", "0"])
      const kept = yield* runOk("host", ["ip", "-4", "neighbour", "show", "dev", first.device.name])
      assert.strictEqual(kept.trim(), "")

      const second = yield* up("second", { publish: ["8080:80"] })
      assert.deepStrictEqual([second.device.name, indexOf(second)], [first.device.name, index])
      const two = yield* booted(second)
      yield* two.serve({ port: 80, page: "second" })
      assert.include(yield* fetched(two, "http://203.0.113.10/"), '"page":"internet"')
      assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8080/")).seen?.page, "second")
      assert.strictEqual((yield* host.http("host", `http://${second.host.address}/`)).seen?.page, "second")
      yield* two.shutdown
      yield* vmnet.down("second")
    }).pipe(Effect.scoped)
  )
)

it.live("who has a TAP open is seen, and a TAP that is open is neither kept nor handed out", () =>
  withPool(
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const probe = yield* HostProbe
      const first = yield* up("first")
      assert.deepStrictEqual(yield* probe.tapUse(first.device.name), { held: false, uid: 1234, gid: 5678 })
      yield* booted(first)
      assert.deepStrictEqual(yield* probe.tapUse(first.device.name), { held: true, uid: 1234, gid: 5678 })
      yield* vmnet.down("first")
      assert.isFalse(existsSync(`/sys/class/net/${first.device.name}`))

      yield* vmnet.warm(fleet)
      const second = yield* up("second")
      yield* vmnet.down("second")
      const intruder = yield* booted(second)
      const third = yield* up("third")
      assert.notStrictEqual(third.device.name, second.device.name)
      yield* vmnet.down("third")
      assert.include((yield* Effect.flip(vmnet.removeNetwork("fleet"))).message, second.device.name)
      assert.strictEqual(yield* fetched(intruder, "http://203.0.113.10/"), "")
      yield* intruder.shutdown
    }).pipe(Effect.scoped)
  )
)
