import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { PrivateHost } from "../../host/PrivateHost.ts"
import { arrivals } from "./arrivals.ts"
import { type HostileAct, patience } from "./BackendSubject.ts"
import { guestOf } from "./behind.ts"
import { changing, page } from "./outside.ts"
import type { Peer } from "./Peer.ts"
import { resolver } from "./requestFor.ts"
import type { SuitePart } from "./suiteTests.ts"
import { leavesNoTrace } from "./unchanged.ts"

const web = "http://203.0.113.10/"
const metadata = "169.254.169.254"

/** What the guest's programs have to do, one after another; those that fail are told by what comes of it. */
const commands = (guest: Peer, ...lines: ReadonlyArray<string>) =>
  Effect.forEach(lines, (line) => guest.busybox(line.split(" "), 2), { discard: true })

/** Whether what the guest sends gets out, answered or not. */
const getsOut = Effect.fn("getsOut")(function* (guest: Peer) {
  const seen = yield* arrivals("internet", `ip daddr ${resolver} udp dport 53`)
  yield* guest.busybox(["nslookup", "-type=a", "example.test", resolver], 1)
  return (yield* seen) > 0
}, Effect.scoped)

const ask = Effect.fn("ask")(function* (guest: Peer, address: string) {
  const host = yield* PrivateHost
  yield* host.serve("host", { port: 7777, page: "host" })
  assert.strictEqual(yield* page("host", "http://192.0.2.10:7777/"), "host")
  assert.isNull(yield* guest.page(`http://${address}:7777/`, 1))
})

const defaultRoute = ({ attachment, link }: Peer): ReadonlyArray<string> => [
  `ip route add ${attachment.guest.gateway} dev ${link}`,
  `ip route add default via ${attachment.guest.gateway} dev ${link}`
]

type Act = (guest: Peer) => Effect.Effect<void, unknown, PrivateHost | Scope.Scope>

const acts: Readonly<Record<HostileAct, readonly [words: string, act: Act]>> = {
  "gateway-service": [
    "reaches no service of the host at its gateway",
    (guest) => ask(guest, guest.attachment.guest.gateway)
  ],
  "host-service": ["reaches no service of the host at the uplink's address", (guest) => ask(guest, "192.0.2.10")],
  metadata: [
    "reaches nothing at 169.254.169.254, though the host has it",
    Effect.fnUntraced(function* (guest) {
      const host = yield* PrivateHost
      yield* changing("host", `ip address add ${metadata}/32 dev lo`, `ip address delete ${metadata}/32 dev lo`)
      yield* host.serve("host", { port: 80, address: metadata, page: "metadata" })
      assert.strictEqual(yield* page("host", `http://${metadata}/`), "metadata")
      assert.isNull(yield* guest.page(`http://${metadata}/`, 1))
    })
  ],
  "other-address": [
    "is heard by nobody under another address",
    Effect.fnUntraced(function* (guest) {
      const { address } = guest.attachment.guest
      const other = "10.254.254.254/32"
      const { link } = guest
      yield* commands(guest, `ip address add ${other} dev ${link}`, `ip address del ${address} dev ${link}`)
      yield* commands(guest, ...defaultRoute(guest))
      assert.isFalse(yield* getsOut(guest))
      yield* commands(guest, `ip address add ${address} dev ${link}`, `ip address del ${other} dev ${link}`)
      yield* commands(guest, ...defaultRoute(guest))
      assert.isTrue(yield* getsOut(guest))
    })
  ],
  "other-mac": [
    "is heard by nobody under another hardware address",
    Effect.fnUntraced(function* (guest) {
      const { mac } = guest.attachment.guest
      yield* commands(guest, `ip link set ${guest.link} address 02:fc:00:00:00:99`)
      assert.isFalse(yield* getsOut(guest))
      yield* commands(guest, `ip link set ${guest.link} address ${mac}`)
      assert.isTrue(yield* getsOut(guest))
    })
  ],
  "lan-route": [
    "is reached by no neighbour who routes to it by way of the host",
    Effect.fnUntraced(function* (guest) {
      const { address } = guest.attachment.host
      yield* changing("lan", `ip route add ${address} via 192.0.2.10`, `ip route delete ${address}`)
      yield* guest.serve({ port: 80, page: "vm1" })
      const before = yield* guest.heard("tcp")
      assert.isNull(yield* page("lan", `http://${address}/`, { timeout: 400 }))
      assert.strictEqual(yield* guest.heard("tcp"), before)
    })
  ]
}

/** What a guest must not get away with, and what must not be done to it. */
export const isolation: SuitePart = (it, subject) => {
  for (const hostile of subject.hostile) {
    const [words, act] = acts[hostile]
    it.effect(
      `a guest ${words}`,
      () =>
        leavesNoTrace(
          Effect.gen(function* () {
            const guest = yield* guestOf(subject, "vm1")
            assert.isTrue(yield* getsOut(guest))
            yield* act(guest)
            assert.strictEqual(yield* guest.page(web), "internet")
          })
        ),
      patience.test
    )
  }
}
