import { assert, it } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { request } from "./support/memoryHost.ts"
import { container, leavesNoTrace, onPrivateHost } from "./support/realHost.ts"

const web = "http://203.0.113.10/"

it.live("a guest reaches the internet with the uplink's address, and the host is as before after down", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const guest = yield* container("vm1")
        const reply = yield* host.http(guest.netns, web)
        assert.strictEqual(reply.seen?.page, "internet")
        assert.strictEqual(reply.seen?.clientAddress, "192.0.2.10")
      }).pipe(Effect.scoped)
    )
  )
)

it.live("a published port is reached from the LAN, from the host by address and 127.0.0.1, and from guests", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const server = yield* container("server", {
          publish: ["8080:80", "192.0.2.10:9000:80", "127.0.0.1:9001:80", "5353:53/udp"]
        })
        const client = yield* container("client")
        yield* host.serve(server.netns, { port: 80, page: "server" })
        yield* host.serve(server.netns, { port: 53, protocol: "udp", page: "server" })
        const page = (from: Parameters<typeof host.http>[0], url: string) =>
          Effect.map(host.http(from, url), (reply) => [reply.seen?.page, reply.seen?.clientAddress])
        assert.deepStrictEqual(yield* page("lan", "http://192.0.2.10:8080/"), ["server", "192.0.2.20"])
        assert.deepStrictEqual(yield* page("lan", "http://192.0.2.10:9000/"), ["server", "192.0.2.20"])
        assert.strictEqual((yield* page("host", "http://192.0.2.10:8080/"))[0], "server")
        assert.strictEqual((yield* page("host", "http://127.0.0.1:8080/"))[0], "server")
        assert.strictEqual((yield* page("host", "http://127.0.0.1:9001/"))[0], "server")
        assert.strictEqual((yield* page("host", `http://${server.address}/`))[0], "server")
        assert.strictEqual((yield* page(client.netns, `http://${server.address}/`))[0], "server")
        assert.strictEqual((yield* page(client.netns, "http://192.0.2.10:8080/"))[0], "server")
        assert.strictEqual((yield* page(server.netns, "http://192.0.2.10:8080/"))[0], "server")
        const datagram = { address: "192.0.2.10", port: 5353, message: "hi" }
        assert.strictEqual((yield* host.udp("lan", datagram)).seen?.page, "server")
        yield* Effect.flip(host.http("lan", "http://192.0.2.10:9001/", { timeout: 300 }))
      }).pipe(Effect.scoped)
    )
  )
)

it.live("a published port never hijacks another guest's traffic to the same port elsewhere", () =>
  onPrivateHost(
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const server = yield* container("server", { publish: ["80:80"] })
      const other = yield* container("other")
      yield* host.serve(server.netns, { port: 80, page: "server" })
      assert.strictEqual((yield* host.http(other.netns, web)).seen?.page, "internet")
      assert.strictEqual((yield* host.http("host", web)).seen?.page, "internet")
    }).pipe(Effect.scoped)
  )
)

it.live("publish and unpublish change a live VM at once", () =>
  onPrivateHost(
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const vmnet = yield* Vmnet
      const server = yield* container("server")
      yield* host.serve(server.netns, { port: 80, page: "server" })
      const specs = request("x", { publish: ["8080:80"] }).publish
      yield* Effect.flip(host.http("lan", "http://192.0.2.10:8080/", { timeout: 300 }))
      yield* vmnet.publish("server", specs)
      assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8080/")).seen?.page, "server")
      yield* vmnet.unpublish("server", specs)
      yield* Effect.flip(host.http("lan", "http://192.0.2.10:8080/", { timeout: 300 }))
    }).pipe(Effect.scoped)
  )
)
