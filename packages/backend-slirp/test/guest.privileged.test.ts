import { assert, it } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { leavesNoTrace, onPrivateHost, users } from "./support/host.ts"

const [user] = users()

it.live(
  "a guest of an ordinary user reaches the internet by address and by name, and what it publishes is reached",
  () =>
    onPrivateHost(
      leavesNoTrace(
        user,
        Effect.gen(function* () {
          const host = yield* PrivateHost
          yield* host.serve("host", { port: 7000, page: "loopback", address: "127.0.0.1" })
          const attachment = yield* user.up("vm1", "-p", "8080:80", "-p", "5353:53/udp", "-p", "127.0.0.1:9000:80")
          const guest = yield* user.boot(attachment)
          yield* guest.serve({ port: 80, page: "guest" })
          yield* guest.serve({ port: 53, protocol: "udp", page: "guest" })
          yield* guest.serve({ port: 55, protocol: "udp", page: "second" })
          const fetch = (url: string) => guest.exec(["wget", "-q", "-T", "5", "-O", "-", url])

          assert.include((yield* fetch("http://203.0.113.10/")).stdout, '"clientAddress":"192.0.2.10"')
          assert.include((yield* fetch("http://example.test/")).stdout, '"page":"internet"')
          assert.notStrictEqual((yield* fetch("http://10.0.3.2:7000/")).exitCode, 0)

          const page = (from: "host" | "lan", url: string) => Effect.map(host.http(from, url), ({ seen }) => seen?.page)
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:8080/"), "guest")
          assert.strictEqual(yield* page("host", "http://127.0.0.1:8080/"), "guest")
          assert.strictEqual(yield* page("host", "http://127.0.0.1:9000/"), "guest")
          const udp = (from: "host" | "lan", address: string, port: number) =>
            Effect.map(host.udp(from, { address, port, message: "hi" }, { timeout: 1000 }), ({ seen }) => seen?.page)
          assert.strictEqual(yield* udp("lan", "192.0.2.10", 5353), "guest")
          assert.strictEqual(yield* udp("host", "192.0.2.10", 5353), "guest")
          yield* Effect.flip(host.http("lan", "http://192.0.2.10:9000/", { timeout: 500 }))

          yield* user.ok("publish", "vm1", "8081:80", "6000-6002:54/udp")
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:8081/"), "guest")
          assert.strictEqual(yield* udp("lan", "192.0.2.10", 6001), "second")
          yield* user.ok("unpublish", "vm1", "8081:80", "6000-6002:54/udp")
          yield* Effect.flip(host.http("lan", "http://192.0.2.10:8081/", { timeout: 500 }))
          yield* Effect.flip(udp("lan", "192.0.2.10", 6001))
          assert.strictEqual(yield* page("lan", "http://192.0.2.10:8080/"), "guest")

          // Under the running guest.
          yield* user.ok("down", "vm1")
          yield* Effect.flip(host.http("host", "http://127.0.0.1:8080/", { timeout: 500 }))
        })
      )
    ),
  120_000
)

it.live(
  "hostAccess lets the guest in to the host's 127.0.0.1 at 10.0.3.2",
  () =>
    onPrivateHost(
      leavesNoTrace(
        user,
        Effect.gen(function* () {
          const host = yield* PrivateHost
          yield* host.serve("host", { port: 7000, page: "loopback", address: "127.0.0.1" })
          const config = yield* user.configured("networks:\n  open: { backend: slirp, hostAccess: true }\n")
          const attachment = yield* user.up(
            "vm1",
            "--config",
            config,
            "--network",
            "open",
            "-p",
            "127.0.0.1:5353:53/udp"
          )
          const guest = yield* user.boot(attachment)
          const answer = yield* guest.exec(["wget", "-q", "-T", "5", "-O", "-", "http://10.0.3.2:7000/"])
          assert.include(answer.stdout, '"page":"loopback"')
          yield* guest.serve({ port: 53, protocol: "udp", page: "guest" })
          const reply = yield* host.udp("host", { address: "127.0.0.1", port: 5353, message: "hi" })
          assert.strictEqual(reply.seen?.page, "guest")
          yield* user.ok("down", "vm1")
        })
      )
    ),
  120_000
)

it.live(
  "one port of the guest has several of the host, and one of the host's is another on another address",
  () =>
    onPrivateHost(
      leavesNoTrace(
        user,
        Effect.gen(function* () {
          const host = yield* PrivateHost
          const ports = ["5353:53/udp", "5354:53/udp", "127.0.0.1:6000:80", "192.0.2.10:6000:81"]
          const attachment = yield* user.up("vm1", ...ports.flatMap((port) => ["-p", port]))
          const guest = yield* user.boot(attachment)
          for (const port of [80, 81]) yield* guest.serve({ port, page: `${port}` })
          yield* guest.serve({ port: 53, protocol: "udp", page: "dns" })
          for (const port of [5353, 5354]) {
            const { seen } = yield* host.udp("lan", { address: "192.0.2.10", port, message: "hi" })
            assert.strictEqual(seen?.page, "dns", `${port}`)
          }
          assert.strictEqual((yield* host.http("host", "http://127.0.0.1:6000/")).seen?.page, "80")
          assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:6000/")).seen?.page, "81")
          yield* user.ok("unpublish", "vm1", "192.0.2.10:6000:81", "5353:53/udp")
          yield* Effect.flip(host.http("lan", "http://192.0.2.10:6000/", { timeout: 500 }))
          assert.strictEqual((yield* host.http("host", "http://127.0.0.1:6000/")).seen?.page, "80")
          yield* user.ok("down", "vm1")
        })
      )
    ),
  120_000
)

it.live(
  "an egress policy holds without any rights of the user's",
  () =>
    onPrivateHost(
      leavesNoTrace(
        user,
        Effect.gen(function* () {
          const host = yield* PrivateHost
          yield* host.serve("lan", { port: 80, page: "lan" })
          assert.strictEqual((yield* host.http("host", "http://192.0.2.20/")).seen?.page, "lan")
          const policy = ["--egress", "203.0.113.10:80", "--egress", "10.0.3.3:53"]
          const first = yield* user.up("vm1", ...policy)
          const guest = yield* user.boot(first)
          const again = yield* user.ok("up", "vm1", "--backend", "slirp", ...policy)
          assert.deepInclude(again, { vm: "vm1", generation: first.generation, state: "active" })
          const fetch = (url: string) => guest.exec(["wget", "-q", "-T", "2", "-O", "-", url])
          assert.include((yield* fetch("http://example.test/")).stdout, '"page":"internet"')
          assert.notStrictEqual((yield* fetch("http://192.0.2.20/")).exitCode, 0)
          const none = yield* user.boot(yield* user.up("vm2", "--egress", "none", "-p", "8080:80"))
          yield* none.serve({ port: 80, page: "none" })
          assert.notStrictEqual((yield* none.exec(["wget", "-q", "-T", "2", "http://203.0.113.10/"])).exitCode, 0)
          assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8080/")).seen?.page, "none")
        })
      )
    ),
  120_000
)
