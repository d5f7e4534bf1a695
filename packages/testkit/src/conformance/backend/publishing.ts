import { assert } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { patience } from "./BackendSubject.ts"
import { guestOf } from "./behind.ts"
import { closed, closedUdp, datagram, page } from "./outside.ts"
import { specs } from "./requestFor.ts"
import type { SuitePart } from "./suiteTests.ts"
import { leavesNoTrace } from "./unchanged.ts"
import { PrivateHost } from "../../host/PrivateHost.ts"

const web = "http://203.0.113.10/"

/** Ports of the host that a guest answers. */
export const publishing: SuitePart = (it, subject) => {
  it.effect(
    "a published port answers the LAN, the host and 127.0.0.1: tcp, udp, ranges, one address only, and no other",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const publish = ["8080:80", "192.0.2.11:9000:80", "127.0.0.1:9001:80", "7000-7001:70", "5353:53/udp"]
          const guest = yield* guestOf(subject, "vm1", { publish })
          for (const port of [80, 70, 71]) yield* guest.serve({ port, page: `${port}` })
          yield* guest.serve({ port: 53, protocol: "udp", page: "dns" })
          for (const [from, url, answer] of [
            ["lan", "http://192.0.2.10:8080/", "80"],
            ["lan", "http://192.0.2.11:8080/", "80"],
            ["host", "http://192.0.2.10:8080/", "80"],
            ["host", "http://127.0.0.1:8080/", "80"],
            ["lan", "http://192.0.2.11:9000/", "80"],
            ["host", "http://127.0.0.1:9001/", "80"],
            ["lan", "http://192.0.2.10:7000/", "70"],
            ["lan", "http://192.0.2.10:7001/", "71"]
          ] as const) {
            assert.strictEqual(yield* page(from, url), answer, `${from} to ${url}`)
          }
          assert.strictEqual(yield* datagram("lan", "192.0.2.10", 5353), "dns")
          if (subject.loopbackDatagrams === "unanswered") yield* closedUdp("host", "127.0.0.1", 5353)
          else assert.strictEqual(yield* datagram("host", "127.0.0.1", 5353), "dns")
          for (const port of [9000, 9001, 7002, 5353]) yield* closed("lan", `http://192.0.2.10:${port}/`)
          yield* closedUdp("lan", "192.0.2.10", 8080)
        })
      ),
    patience.test
  )

  if (subject.reached === "address") {
    it.effect(
      "who asks a published port is seen by its own address",
      () =>
        Effect.gen(function* () {
          const host = yield* PrivateHost
          const guest = yield* guestOf(subject, "vm1", { publish: ["8080:80"] })
          yield* guest.serve({ port: 80, page: "vm1" })
          const { seen } = yield* host.http("lan", "http://192.0.2.10:8080/")
          assert.strictEqual(seen?.clientAddress, "192.0.2.20")
        }).pipe(Effect.scoped),
      patience.test
    )
  }

  if (subject.guestsReachPublished) {
    it.effect(
      "a published port answers another guest, and the guest that it belongs to",
      () =>
        leavesNoTrace(
          Effect.gen(function* () {
            const server = guestOf(subject, "server", { publish: ["8080:80"] })
            const [one, two] = yield* Effect.all([server, guestOf(subject, "other")], { concurrency: 2 })
            yield* one.serve({ port: 80, page: "server" })
            for (const guest of [one, two]) {
              assert.strictEqual(yield* guest.page("http://192.0.2.10:8080/"), "server", guest.attachment.vm)
            }
          })
        ),
      patience.test
    )
  }

  it.effect(
    "publish and unpublish change a live VM at once, and what was published before goes on",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const guest = yield* guestOf(subject, "vm1", { publish: ["9090:80"] })
          yield* guest.serve({ port: 80, page: "tcp" })
          yield* guest.serve({ port: 80, protocol: "udp", page: "udp" })
          const more = specs(subject, "8080:80", "8080:80/udp", "7000-7003:80")
          yield* closed("lan", "http://192.0.2.10:8080/")
          yield* closedUdp("lan", "192.0.2.10", 8080)
          const { publish } = yield* vmnet.publish("vm1", more)
          assert.strictEqual(publish.length, 4)
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:8080/"), "tcp")
          assert.strictEqual(yield* page("host", "http://127.0.0.1:8080/"), "tcp")
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:7000/"), "tcp")
          assert.strictEqual(yield* datagram("lan", "192.0.2.10", 8080), "udp")
          const left = yield* vmnet.unpublish("vm1", more)
          assert.deepStrictEqual(
            left.publish.map(({ hostPort }) => hostPort),
            [9090]
          )
          yield* closed("lan", "http://192.0.2.10:8080/")
          yield* closed("host", "http://127.0.0.1:8080/")
          yield* closed("lan", "http://192.0.2.10:7000/")
          yield* closedUdp("lan", "192.0.2.10", 8080)
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:9090/"), "tcp")
        })
      ),
    patience.test
  )

  it.effect(
    "the same port on two addresses of the host belongs to two VMs, and each keeps its own",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const [one, two] = yield* Effect.all(
            [
              guestOf(subject, "one", { publish: ["192.0.2.10:80:80"] }),
              guestOf(subject, "two", { publish: ["192.0.2.11:80:80"] })
            ],
            { concurrency: 2 }
          )
          for (const guest of [one, two]) yield* guest.serve({ port: 80, page: guest.attachment.vm })
          assert.strictEqual(yield* page("lan", "http://192.0.2.10/"), "one")
          assert.strictEqual(yield* page("lan", "http://192.0.2.11/"), "two")
          // Nobody's traffic to that port elsewhere is caught by it.
          assert.strictEqual(yield* one.page(web), "internet")
          assert.strictEqual(yield* page("host", web), "internet")
          yield* vmnet.unpublish("one", specs(subject, "192.0.2.10:80:80"))
          yield* closed("lan", "http://192.0.2.10/")
          assert.strictEqual(yield* page("lan", "http://192.0.2.11/"), "two")
        })
      ),
    patience.test
  )
}
