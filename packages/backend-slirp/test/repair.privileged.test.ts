import { assert, it } from "@effect/vitest"
import type { DriftItem, RepairAction } from "@vmnet/core"
import { PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { ended, kill } from "./support/ended.ts"
import { leavesNoTrace, onPrivateHost, users } from "./support/host.ts"

const [user] = users()

const drift = Effect.gen(function* () {
  const { code, stdout } = yield* user.vmnet(["check", "vm1"])
  const found = JSON.parse(stdout) as { readonly drift: ReadonlyArray<DriftItem> }
  return { code, drift: found.drift.map((one) => `${one.kind} ${one.name} ${one.drift}`) }
})

const whole = { code: 0, drift: [] }

const repaired = Effect.map(user.ok("repair", "vm1"), (answer) =>
  (answer as { readonly actions: ReadonlyArray<RepairAction> }).actions.map(
    (one) => `${one.action} ${one.kind} ${one.name}`
  )
)

it.live(
  "slirp4netns that has ended is started again under its guest, and every port it had answers",
  () =>
    onPrivateHost(
      leavesNoTrace(
        user,
        Effect.gen(function* () {
          const host = yield* PrivateHost
          const attachment = yield* user.up("vm1", "-p", "8080:80", "-p", "9000-9001:90/udp")
          yield* user.ok("publish", "vm1", "127.0.0.1:8081:80")
          const guest = yield* user.boot(attachment)
          yield* guest.serve({ port: 80, page: "guest" })
          yield* guest.serve({ port: 91, protocol: "udp", page: "guest" })
          const page = (from: "host" | "lan", url: string) => Effect.map(host.http(from, url), ({ seen }) => seen?.page)
          const answers = Effect.gen(function* () {
            const second = { address: "192.0.2.10", port: 9001, message: "hi" }
            assert.strictEqual(yield* page("lan", "http://192.0.2.10:8080/"), "guest")
            assert.strictEqual(yield* page("host", "http://127.0.0.1:8081/"), "guest")
            assert.strictEqual((yield* host.udp("lan", second)).seen?.page, "guest")
            const out = yield* guest.exec(["wget", "-q", "-T", "5", "-O", "-", "http://203.0.113.10/"])
            assert.include(out.stdout, '"page":"internet"')
          })
          yield* answers
          assert.deepStrictEqual(yield* drift, whole)

          const former = user.helperPid("vm1", "slirp4netns")
          yield* kill(former)
          yield* Effect.flip(host.http("lan", "http://192.0.2.10:8080/", { timeout: 500 }))
          assert.deepStrictEqual(yield* drift, { code: 8, drift: ["Helper slirp4netns missing"] })
          const ports = ["0.0.0.0:8080/tcp", "0.0.0.0:9000-9001/udp", "127.0.0.1:8081/tcp"]
          assert.sameMembers(yield* repaired, [
            "restored Helper slirp4netns",
            ...ports.map((port) => `restored Forward ${port}`)
          ])
          assert.notStrictEqual(user.helperPid("vm1", "slirp4netns"), former)
          assert.deepStrictEqual(yield* drift, whole)
          yield* answers
          assert.deepStrictEqual(yield* repaired, [])
          yield* user.ok("down", "vm1")
        })
      )
    ),
  120_000
)

it.live("with the holder of its namespace all that was in it is made again, once", () =>
  onPrivateHost(
    leavesNoTrace(
      user,
      Effect.gen(function* () {
        yield* user.up("vm1", "-p", "8080:80")
        const slirp = user.helperPid("vm1", "slirp4netns")
        yield* kill(user.helperPid("vm1", "namespace"))
        yield* ended(slirp)
        assert.deepStrictEqual(yield* drift, { code: 8, drift: ["Helper namespace missing"] })
        const actions = yield* repaired
        assert.includeMembers(actions, ["restored Helper namespace", "restored Helper slirp4netns"])
        assert.strictEqual(new Set(actions).size, actions.length, JSON.stringify(actions))
        assert.deepStrictEqual(yield* drift, whole)
        assert.deepStrictEqual(yield* repaired, [])
        yield* user.ok("down", "vm1")
      })
    )
  )
)
