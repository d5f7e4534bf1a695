import { assert } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { arrivals } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { request } from "./support/memoryHost.ts"
import { container, emptyNetns, leavesNoTrace, shareHost } from "./support/realHost.ts"
import { connecting, listening } from "@vmnet/testkit"

const web = "http://203.0.113.10/"
const { gateway } = request("any").network
const address = gateway.replace(/\d+$/, "50")

shareHost()("flows", (it) => {
  it.effect.each(["tcp", "udp"] as const)(
    "a new VM on an old address gets nothing of the old one's %s flows",
    (protocol) =>
      leavesNoTrace(
        Effect.gen(function* () {
          const [host, vmnet] = [yield* PrivateHost, yield* Vmnet]
          const server = yield* listening("internet", { protocol, address: "203.0.113.10", port: 5001 })
          const old = yield* container("old", { ip: address })
          const client = yield* connecting(old.netns, {
            protocol,
            address: "203.0.113.10",
            port: 5001,
            localPort: 6001
          })
          assert.strictEqual(yield* client.next, "open")
          yield* client.send("one")
          assert.strictEqual(yield* server.next, "got one")
          yield* vmnet.down("old")
          const fresh = yield* container("fresh", { ip: address })
          const seen = yield* arrivals(fresh.netns, `${protocol} dport 6001`)
          const atHost = yield* arrivals("host", `${protocol} sport 5001`)
          yield* server.send("late")
          // Behind it, and over the same wires.
          assert.strictEqual((yield* host.http(fresh.netns, web)).seen?.page, "internet")
          assert.deepStrictEqual([yield* seen, (yield* atHost) > 0], [0, true])
        })
      )
  )

  it.effect("a port published anew brings nothing of the flows that its last owner had", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const [host, vmnet] = [yield* PrivateHost, yield* Vmnet]
        const old = yield* container("old", { publish: ["8080:80/udp"] })
        const server = yield* listening(old.netns, { protocol: "udp", address: "0.0.0.0", port: 80 })
        const client = yield* connecting("lan", { protocol: "udp", address: "192.0.2.10", port: 8080, localPort: 6001 })
        yield* client.next
        yield* client.send("one")
        assert.strictEqual(yield* server.next, "got one")
        yield* vmnet.down("old")
        const fresh = yield* container("fresh", { publish: ["8080:80/udp"] })
        yield* host.serve(fresh.netns, { port: 80, protocol: "udp", page: "fresh" })
        const seen = yield* arrivals(fresh.netns, "udp sport 6001")
        yield* client.send("late")
        const newcomer = { address: "192.0.2.10", port: 8080, message: "hi" }
        assert.strictEqual((yield* host.udp("lan", newcomer)).seen?.page, "fresh")
        assert.strictEqual(yield* seen, 0)
      })
    )
  )

  it.effect("egress taken away by down and up takes connections along that were open before", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const [host, vmnet] = [yield* PrivateHost, yield* Vmnet]
        const netns = yield* emptyNetns("box")
        const server = yield* listening("internet", { protocol: "udp", address: "203.0.113.10", port: 5001 })
        yield* Effect.addFinalizer(() => Effect.orDie(vmnet.down("vm1")))
        yield* vmnet.up(request("vm1", { netns, ip: address }))
        const client = yield* connecting(netns, { protocol: "udp", address: "203.0.113.10", port: 5001 })
        yield* client.next
        yield* client.send("one")
        assert.strictEqual(yield* server.next, "got one")
        yield* server.send("two")
        assert.strictEqual(yield* client.next, "got two")
        yield* vmnet.down("vm1")
        yield* vmnet.up(request("vm1", { netns, ip: address, egress: ["203.0.113.10:80/tcp"] }))
        const out = yield* arrivals("internet", "udp dport 5001")
        const back = yield* arrivals(netns, "udp sport 5001")
        yield* client.send("three")
        yield* server.send("four")
        assert.strictEqual((yield* host.http(netns, web)).seen?.page, "internet")
        assert.deepStrictEqual([yield* out, yield* back], [0, 0])
      })
    )
  )
})
