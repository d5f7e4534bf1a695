import { assert } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { Effect, Scope } from "effect"
import { connecting } from "../../host/Talk.ts"
import { patience } from "./BackendSubject.ts"
import { attached, guestOf, guestOn } from "./behind.ts"
import { datagram, page } from "./outside.ts"
import { specs } from "./requestFor.ts"
import type { SuitePart } from "./suiteTests.ts"
import { leavesNoTrace } from "./unchanged.ts"

const published = { address: "192.0.2.10", port: 8080 } as const

/** What becomes of connections that are open. */
export const flows: SuitePart = (it, subject) => {
  it.effect(
    "unpublish ends a TCP connection that is open, and another published port goes on",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const guest = yield* guestOf(subject, "vm1", { publish: ["8080:80", "9090:90/udp"] })
          yield* guest.serve({ port: 80, page: "tcp" })
          yield* guest.serve({ port: 90, protocol: "udp", page: "udp" })
          const client = yield* connecting("lan", { protocol: "tcp", ...published })
          assert.strictEqual(yield* client.next, "open")
          const alive = yield* guest.heard("tcp")
          yield* client.send("GET / HTTP/1.0")
          // Over the same wires, and behind it.
          assert.strictEqual(yield* datagram("lan", "192.0.2.10", 9090), "udp")
          assert.isAbove(yield* guest.heard("tcp"), alive)
          yield* vmnet.unpublish("vm1", specs(subject, "8080:80"))
          const before = yield* guest.heard("tcp")
          yield* client.send("")
          assert.strictEqual(yield* datagram("lan", "192.0.2.10", 9090), "udp")
          const told = client.unread().filter((line) => line.startsWith("got "))
          assert.deepStrictEqual([yield* guest.heard("tcp"), told], [before, []])
        })
      ),
    patience.test
  )

  it.effect(
    "unpublish ends a UDP flow in both directions, however busy it is",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const guest = yield* guestOf(subject, "vm1", { publish: ["8080:80/udp", "9090:90"] })
          yield* guest.serve({ port: 90, page: "other" })
          const server = yield* guest.serveSlowly(80)
          const client = yield* connecting("lan", { protocol: "udp", ...published })
          assert.strictEqual(yield* client.next, "open")
          yield* client.send("one")
          yield* server.goOn
          assert.match(yield* client.next, /^got /)
          yield* server.pause
          yield* client.send("two")
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:9090/"), "other")
          yield* vmnet.unpublish("vm1", specs(subject, "8080:80/udp"))
          yield* server.goOn
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:9090/"), "other")
          const before = yield* guest.heard("udp")
          for (const word of ["three", "four"]) yield* client.send(word)
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:9090/"), "other")
          assert.deepStrictEqual([yield* guest.heard("udp"), client.unread()], [before, []])
        })
      ),
    patience.test
  )

  it.effect(
    "a client that never falls silent has its UDP port again when the VM is down and up",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const attachment = yield* attached(subject, "vm1", { publish: ["8080:80/udp"] })
          const { request } = yield* vmnet.show("vm1")
          const client = yield* connecting("lan", { protocol: "udp", ...published, localPort: 6001 })
          assert.strictEqual(yield* client.next, "open")
          yield* Effect.scoped(
            Effect.gen(function* () {
              const guest = yield* guestOn(subject, attachment)
              yield* guest.serve({ port: 80, protocol: "udp", page: "before" })
              yield* client.send("one")
              assert.include(yield* client.next, "before")
            })
          )
          yield* vmnet.down("vm1")
          yield* client.send("two")
          const { attachment: again } = yield* vmnet.up(request)
          const guest = yield* guestOn(subject, again)
          yield* guest.serve({ port: 80, protocol: "udp", page: "after" })
          yield* client.send("three")
          assert.include(yield* client.next, "after")
        })
      ),
    patience.test
  )

  it.effect(
    "a UDP flow never gets at a port of the guest that is not published any more, though its host port is",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const guest = yield* guestOf(subject, "vm1", { publish: ["8080:80/udp", "9090:90"] })
          yield* guest.serve({ port: 80, protocol: "udp", page: "published once" })
          yield* guest.serve({ port: 81, protocol: "udp", page: "published now" })
          yield* guest.serve({ port: 90, page: "other" })
          const client = yield* connecting("lan", { protocol: "udp", ...published, localPort: 6001 })
          assert.strictEqual(yield* client.next, "open")
          yield* client.send("one")
          assert.include(yield* client.next, "published once")
          yield* vmnet.unpublish("vm1", specs(subject, "8080:80/udp"))
          yield* vmnet.publish("vm1", specs(subject, "8080:81/udp"))
          const before = yield* guest.heard("udp")
          yield* client.send("two")
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:9090/"), "other")
          assert.notInclude(client.unread().join(), "published once")
          // A helper's socket knows no flows: there it is the new port that hears.
          if (subject.reached === "address") assert.strictEqual(yield* guest.heard("udp"), before)
          assert.strictEqual(yield* datagram("lan", published.address, published.port), "published now")
        })
      ),
    patience.test
  )

  it.effect(
    "a TCP client of a VM that is down and up learns that its connection is over, and a new one is taken",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const attachment = yield* attached(subject, "vm1", { publish: ["8080:80"] })
          const { request } = yield* vmnet.show("vm1")
          const outer = yield* Effect.scope
          const client = yield* Effect.scoped(
            Effect.gen(function* () {
              const guest = yield* guestOn(subject, attachment)
              yield* guest.serve({ port: 80, page: "before" })
              const client = yield* Scope.provide(connecting("lan", { protocol: "tcp", ...published }), outer)
              assert.strictEqual(yield* client.next, "open")
              return client
            })
          )
          yield* vmnet.down("vm1")
          const { attachment: again } = yield* vmnet.up(request)
          const guest = yield* guestOn(subject, again)
          yield* guest.serve({ port: 80, page: "after" })
          yield* client.send("GET / HTTP/1.0")
          assert.match(yield* client.next, /^(failed|closed)/)
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:8080/"), "after")
        })
      ),
    patience.test
  )
}
