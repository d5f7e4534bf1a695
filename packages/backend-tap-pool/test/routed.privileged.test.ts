import { Vmnet } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { assert, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { listening } from "./support/listening.ts"
import { attached, booted, fetched, leavesNoTrace, onPrivateHost, pings, runOk } from "./support/realHost.ts"

const web = "http://203.0.113.10/"

it.live("real guests reach the internet and are reached by host and LAN, and leave no trace", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const one = yield* attached("one", { publish: ["8080:80", "5353:53/udp", "127.0.0.1:9090:80"] })
        const two = yield* attached("two")
        assert.deepStrictEqual([one.guest.address, two.guest.address], ["10.214.0.2/16", "10.214.0.3/16"])
        const [a, b] = yield* Effect.all([booted(one), booted(two)], { concurrency: 2 })
        for (const guest of [a, b]) {
          const page = yield* fetched(guest, web)
          assert.include(page, '"page":"internet"')
          assert.include(page, '"clientAddress":"192.0.2.10"')
          assert.isTrue(yield* pings(guest, one.guest.gateway))
        }
        yield* a.serve({ port: 80, page: "one" })
        yield* a.serve({ port: 53, protocol: "udp", page: "one" })
        yield* b.serve({ port: 80, page: "two" })
        for (const [vm, page] of [
          [one, "one"],
          [two, "two"]
        ] as const) {
          const { seen } = yield* host.http("host", `http://${vm.host.address}/`)
          assert.deepStrictEqual([seen?.page, seen?.clientAddress], [page, vm.guest.gateway])
        }
        const fromLan = yield* host.http("lan", "http://192.0.2.10:8080/")
        assert.deepStrictEqual([fromLan.seen?.page, fromLan.seen?.clientAddress], ["one", "192.0.2.20"])
        for (const url of ["http://127.0.0.1:8080/", "http://127.0.0.1:9090/", "http://192.0.2.10:8080/"]) {
          assert.strictEqual((yield* host.http("host", url)).seen?.page, "one", url)
        }
        const datagram = { address: "192.0.2.10", port: 5353, message: "hi" }
        assert.strictEqual((yield* host.udp("lan", datagram)).seen?.page, "one")
        assert.include(yield* fetched(b, "http://192.0.2.10:8080/"), '"page":"one"')
        assert.include(yield* fetched(a, "http://192.0.2.10:8080/"), '"page":"one"')
        const name = yield* a.exec(["nslookup", "example.test", "198.51.100.53"])
        assert.include(name.stdout, "203.0.113.10")
      })
    )
  )
)

it.live("guests reach neither one another nor the host, and speak as nobody else", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const one = yield* attached("one")
        const two = yield* attached("two")
        const trusted = yield* attached(
          "trusted",
          { network: "open" },
          "networks: { open: { backend: tap, subnet: 10.9.0.0/29, hostAccess: true } }"
        )
        yield* host.serve("host", { port: 7000, page: "host" })
        const [a, b, c] = yield* Effect.all([booted(one), booted(two), booted(trusted)], { concurrency: 2 })
        yield* b.serve({ port: 80, page: "two" })
        assert.strictEqual((yield* host.http("host", `http://${two.host.address}/`)).seen?.page, "two")
        assert.strictEqual(yield* fetched(a, `http://${two.host.address}/`), "")
        assert.strictEqual(yield* fetched(a, `http://${one.guest.gateway}:7000/`), "")
        assert.strictEqual(yield* fetched(a, "http://192.0.2.10:7000/"), "")
        assert.include(yield* fetched(c, `http://${trusted.guest.gateway}:7000/`), '"page":"host"')
        // Told by its own hand: the guest takes its neighbour's address, and one of nobody's, beside its own.
        for (const address of [two.host.address, "10.214.7.7"]) {
          yield* a.exec(["ip", "address", "add", `${address}/32`, "dev", "eth0"])
          const spoofed = yield* a.exec(["ping", "-c", "2", "-W", "1", "-I", address, "203.0.113.10"])
          assert.notStrictEqual(spoofed.exitCode, 0, address)
          yield* a.exec(["arping", "-c", "2", "-w", "2", "-I", "eth0", "-s", address, one.guest.gateway])
        }
        assert.isTrue(yield* pings(a, "203.0.113.10"))
        const neighbours = yield* runOk("host", ["ip", "-4", "neighbour", "show", "dev", one.device.name])
        assert.strictEqual(neighbours.trim(), `${one.host.address} lladdr ${one.guest.mac} PERMANENT`)
      })
    )
  )
)

it.live("a TAP belongs to the user that will open it, and goes away under a VMM that still holds it", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const one = yield* attached("one", { tapOwner: "1234:5678" })
        const field = (name: string) => readFileSync(`/sys/class/net/${one.device.name}/${name}`, "utf8").trim()
        assert.deepStrictEqual([field("owner"), field("group"), field("address")], ["1234", "5678", one.device.mac])
        const guest = yield* booted(one)
        yield* vmnet.down("one")
        assert.isFalse(existsSync(`/sys/class/net/${one.device.name}`))
        assert.strictEqual(yield* fetched(guest, web), "")
      })
    )
  )
)

it.live("what a peer of the former VM still sends does not reach the next VM on its address", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const peer = yield* listening("203.0.113.10", 5001)
        const old = yield* attached("old")
        const former = yield* booted(old)
        // Any datagram will do: the peer answers the port it came from.
        yield* former.exec(["timeout", "1", "tftp", "-g", "-r", "one", "203.0.113.10", "5001"])
        assert.include(yield* peer.next, "one")
        assert.isTrue(yield* gets(old.device.name, peer.send))
        yield* former.shutdown
        yield* vmnet.down("old")
        const fresh = yield* attached("fresh", { ip: old.host.address })
        assert.isFalse(yield* gets(fresh.device.name, peer.send))
      })
    )
  )
)

/** Whether what the peer sends now is on its way to a TAP's reader once it has come to the host. */
const gets = Effect.fn("gets")(function* (device: string, send: (text: string) => void) {
  const before = [handed(device), yield* arrived]
  send("late")
  yield* arrived.pipe(
    Effect.filterOrFail((count) => count > before[1]!),
    Effect.retry(Schedule.spaced("20 millis").pipe(Schedule.upTo({ duration: "5 seconds" })))
  )
  // It is counted at the uplink before it is forwarded.
  const more = Effect.sync(() => handed(device) > before[0]!)
  return yield* more.pipe(
    Effect.filterOrFail((is) => is),
    Effect.retry(Schedule.spaced("20 millis").pipe(Schedule.upTo({ duration: "1 second" }))),
    Effect.orElseSucceed(() => false)
  )
})

/** What the host has had to hand to a TAP's reader, delivered or dropped for want of one. */
const handed = (device: string): number =>
  ["tx_packets", "tx_dropped"]
    .map((name) => Number(readFileSync(`/sys/class/net/${device}/statistics/${name}`, "utf8")))
    .reduce((sum, count) => sum + count)

/** How many datagrams have come to the host's uplink: the kernel answers the packets it is asked about in order. */
const arrived = Effect.sync(() => Number(readFileSync("/sys/class/net/eth0/statistics/rx_packets", "utf8")))
