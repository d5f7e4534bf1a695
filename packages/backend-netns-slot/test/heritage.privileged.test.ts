import { assert, layer } from "@effect/vitest"
import { guest as identity, netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { type Attachment, Vmnet } from "@vmnet/core"
import { Guest, listening, type Place, PrivateHost } from "@vmnet/testkit"
import { arrivals, layerOnPrivateHost, leavesNoTrace, requestFor } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { native, slots } from "./support/subject.ts"

const attached = Effect.fnUntraced(function* (...[vm, flags]: [string, Parameters<typeof requestFor>[2]?]) {
  const vmnet = yield* Vmnet
  const up = Effect.map(vmnet.up(requestFor(slots, vm, flags ?? {})), ({ attachment }) => attachment)
  return yield* Effect.acquireRelease(up, () => Effect.orDie(vmnet.down(vm)))
})

const booted = ({ device }: Attachment) =>
  Guest.boot({
    device: device.name,
    netns: device.netns!,
    mac: identity.mac,
    address: `${identity.address}/${identity.prefix}`,
    gateway: identity.gateway,
    resumed: true
  })

const placeOf = ({ device }: Attachment): Place => device.netns as `/${string}`

layer(layerOnPrivateHost({ ...native, backends: [netnsSlotBackend] }), {
  excludeTestServices: true,
  timeout: 60_000
})("a slot that another VM had", (it) => {
  it.effect(
    "is reached by nothing that a peer of the former VM still sends",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const host = yield* PrivateHost
          const vmnet = yield* Vmnet
          const peer = yield* listening("internet", { protocol: "udp", address: "203.0.113.10", port: 5001 })
          const old = yield* attached("old")
          const former = yield* booted(old)
          const control = yield* arrivals(placeOf(old), "udp sport 5001")
          // Any datagram will do: the peer answers the port it came from.
          yield* former.exec(["timeout", "1", "tftp", "-g", "-r", "one", "203.0.113.10", "5001"])
          assert.match(yield* peer.next, /^got/)
          yield* peer.send("answer")
          yield* host.http("host", "http://192.0.2.10:1/", { timeout: 500 }).pipe(Effect.ignore)
          assert.isAbove(yield* control, 0)
          yield* former.shutdown
          yield* vmnet.down("old")
          const fresh = yield* attached("fresh", { slot: "1" })
          assert.strictEqual(fresh.host.address, old.host.address)
          const seen = yield* arrivals(placeOf(fresh), "udp sport 5001")
          const atHost = yield* arrivals("host", "udp sport 5001")
          for (const word of ["late", "later"]) yield* peer.send(word)
          // Behind it, and over the same wires.
          const guest = yield* booted(fresh)
          const page = yield* guest.exec(["wget", "-q", "-O", "-", "-T", "5", "http://203.0.113.10/"])
          assert.include(page.stdout, '"page":"internet"')
          assert.deepStrictEqual([yield* seen, (yield* atHost) > 0], [0, true])
        })
      ),
    60_000
  )
})
