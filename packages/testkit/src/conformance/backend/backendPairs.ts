import { assert, layer } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { PrivateHost } from "../../host/PrivateHost.ts"
import { connecting } from "../../host/Talk.ts"
import { type BackendSubject, patience } from "./BackendSubject.ts"
import { guestOf } from "./behind.ts"
import { closed, page } from "./outside.ts"
import type { Peer } from "./Peer.ts"
import { layerOnPrivateHost } from "./services.ts"
import type { SuiteOptions } from "./suiteTests.ts"
import { leavesNoTrace } from "./unchanged.ts"

const web = "http://203.0.113.10/"

const pairsOf = <A>(items: ReadonlyArray<A>): ReadonlyArray<readonly [A, A]> =>
  items.flatMap((a, index) => items.slice(index + 1).map((b) => [a, b] as const))

interface Side {
  readonly guest: Peer
  readonly subject: BackendSubject
}

/** What one guest of a pair sees of the other: nothing but its published port, where it is not as good as the host. */
const assertApart = Effect.fnUntraced(function* (
  { guest: from, subject: source }: Side,
  { guest: to, subject: target }: Side,
  port: number
) {
  const words = `${from.attachment.vm} to ${to.attachment.vm}`
  if (target.reached === "address" && source.reaches !== "as-the-host") {
    assert.isNull(yield* from.page(`http://${to.attachment.host.address}/`, 1), words)
  }
  const published = yield* from.page(`http://192.0.2.10:${port}/`, target.guestsReachPublished ? 5 : 1)
  if (target.guestsReachPublished) assert.strictEqual(published, to.attachment.vm, words)
})

/** What a guest may and may not, whoever else is there or not any more. */
const assertPolicy = Effect.fnUntraced(function* (guest: Peer, subject: BackendSubject) {
  const host = yield* PrivateHost
  assert.strictEqual(yield* guest.page(web), "internet")
  yield* host.serve("host", { port: 7777, page: "host" })
  if (subject.hostile.includes("host-service")) {
    assert.isNull(yield* guest.page("http://192.0.2.10:7777/", 1))
  }
  yield* closed("lan", "http://192.0.2.10/")
}, Effect.scoped)

/** `stays` has a connection open while `goes` is taken down. */
const undisturbed = Effect.fnUntraced(function* (stays: Peer, subject: BackendSubject, port: number, goes: string) {
  const vmnet = yield* Vmnet
  const client = yield* connecting("lan", { protocol: "tcp", address: "192.0.2.10", port })
  assert.strictEqual(yield* client.next, "open")
  yield* client.send("GET / HTTP/1.0")
  yield* vmnet.down(goes)
  yield* client.send("")
  let line = yield* client.next
  while (line.startsWith("got ") && !line.includes(`"page":"${stays.attachment.vm}"`)) line = yield* client.next
  assert.include(line, `"page":"${stays.attachment.vm}"`)
  assert.strictEqual(yield* page("lan", `http://192.0.2.10:${port}/`), stays.attachment.vm)
  yield* assertPolicy(stays, subject)
})

/** Every two of the subjects at once on one host: neither disturbs the other, whichever goes first. */
export const backendPairs = (
  subjects: ReadonlyArray<BackendSubject>,
  options: Omit<SuiteOptions, "backends" | "vmnet">
): void => {
  const backends = [...new Set(subjects.map(({ backend }) => backend))]
  layer(layerOnPrivateHost({ ...options, backends }), { excludeTestServices: true, timeout: patience.test })(
    "two backends on one host",
    (it) => {
      for (const [a, b] of pairsOf(subjects)) {
        it.effect(
          `${a.title} and ${b.title}: both work, neither sees the other, and either may go first`,
          () =>
            leavesNoTrace(
              Effect.gen(function* () {
                const one = guestOf(a, "one", { publish: ["8081:80"] })
                const two = guestOf(b, "two", { publish: ["8082:80"] })
                const [first, second] = yield* Effect.all([one, two], { concurrency: 2 })
                for (const guest of [first, second]) {
                  yield* guest.serve({ port: 80, page: guest.attachment.vm })
                  yield* assertPolicy(guest, guest === first ? a : b)
                }
                const [left, right] = [
                  { guest: first, subject: a },
                  { guest: second, subject: b }
                ] as const
                yield* assertApart(left, right, 8082)
                yield* assertApart(right, left, 8081)
                yield* undisturbed(second, b, 8082, "one")
                const back = yield* guestOf(a, "back", { publish: ["8081:80"] })
                yield* back.serve({ port: 80, page: "back" })
                yield* undisturbed(back, a, 8081, "two")
              })
            ),
          patience.test
        )
      }
    }
  )
}
