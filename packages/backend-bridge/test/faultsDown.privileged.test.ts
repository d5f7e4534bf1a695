import { assert } from "@effect/vitest"
import {
  type Attachment,
  type AttachRequest,
  type DownResult,
  type HostProbe,
  type Ledger,
  Vmnet,
  type VmnetError
} from "@vmnet/core"
import { forEachFault, PrivateHost, type Scenario } from "@vmnet/testkit"
import { Effect } from "effect"
import {
  assertFree,
  assertPicture,
  assertTelling,
  layerFaulty,
  type Picture,
  picture,
  succeeded,
  untilAnswered,
  witness
} from "./support/faultyHost.ts"
import { request } from "./support/memoryHost.ts"
import { container, leavesNoTrace, shareHost } from "./support/realHost.ts"
import { ownForwarding, setSysctl } from "./support/sysctls.ts"

const patience = 180_000
const address = request("any").network.gateway.replace(/\d+$/, "77")

type Verb<A> = Scenario<void, A, VmnetError, Vmnet | Ledger | HostProbe, PrivateHost | Vmnet>
type Nothing = Effect.Effect<unknown, unknown, PrivateHost>

const more = request("any", { publish: ["7000-7001:70", "127.0.0.1:53:53/udp"] }).publish

/** Whatever `down` failed at, `down` again finishes, and nothing is left. */
const down = (vm1: AttachRequest, before: Picture, stillTrue: Nothing = Effect.void): Verb<DownResult> => ({
  world: Effect.asVoid(Vmnet.use((vmnet) => vmnet.up(vm1))),
  services: () => layerFaulty,
  run: () => Vmnet.use((vmnet) => vmnet.down("vm1")),
  faults: untilAnswered,
  limit: 60_000,
  check: (run) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      assertTelling(run)
      yield* stillTrue
      const again = yield* vmnet.down("vm1")
      if (succeeded(run)) assert.strictEqual(again.outcome, "absent")
      yield* assertPicture(before, run.words)
      yield* assertFree(vm1, address)
    })
})

/** All of the ports or none of them; then they can be had. */
const publish = (before: Picture, stillTrue: Nothing): Verb<Attachment> => ({
  world: Effect.void,
  services: () => layerFaulty,
  run: () => Vmnet.use((vmnet) => vmnet.publish("vm1", more)),
  faults: untilAnswered,
  limit: 60_000,
  check: (run) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      assertTelling(run)
      if (succeeded(run)) yield* vmnet.unpublish("vm1", more)
      yield* assertPicture(before, run.words)
      yield* vmnet.plan(request("somebody", { publish: ["7000-7001:70"] }))
      yield* stillTrue
    })
})

/** As many as before or none of them; what is left can be taken back. */
const unpublish = (before: Picture, stillTrue: Nothing): Verb<Attachment> => ({
  world: Effect.asVoid(Vmnet.use((vmnet) => vmnet.publish("vm1", more))),
  services: () => layerFaulty,
  run: () => Vmnet.use((vmnet) => vmnet.unpublish("vm1", more)),
  faults: untilAnswered,
  limit: 60_000,
  check: (run) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      assertTelling(run)
      yield* stillTrue
      const published = (yield* vmnet.show("vm1")).attachment.publish.length
      assert.include([1, 3], published, run.words)
      if (published === 3) yield* vmnet.unpublish("vm1", more)
      // What is recorded as going and is not gone yet: the next to look at the VM takes it, and so does gc.
      else yield* vmnet.gc({ dryRun: false })
      yield* assertPicture(before, run.words)
    })
})

/** vm1 in a namespace, answering the LAN on port 8080. */
const answering = Effect.gen(function* () {
  const host = yield* PrivateHost
  const guest = yield* container("vm1", { publish: ["8080:80"] })
  yield* host.serve(guest.netns, { port: 80, page: "vm1" })
  return Effect.map(host.http("lan", "http://192.0.2.10:8080/"), ({ seen }) => assert.strictEqual(seen?.page, "vm1"))
})

shareHost()("whatever goes wrong", (it) => {
  it.effect(
    "while the last VM goes, it can be taken down again and the host is as it was",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          yield* ownForwarding
          setSysctl("ipv4/conf/eth0/forwarding", "1")
          const vm1 = request("vm1", { ip: address, publish: ["8080-8081:80"], egress: ["203.0.113.0/24:80"] })
          yield* forEachFault(down(vm1, yield* picture))
        })
      ),
    patience
  )

  it.effect(
    "while one VM goes, another keeps answering",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const stillTrue = yield* witness
          const vm1 = request("vm1", { ip: address, publish: ["8080:80"] })
          yield* forEachFault(down(vm1, yield* picture, stillTrue))
        })
      ),
    patience
  )

  it.effect(
    "while ports are published, all of them are or none, and those that were there keep answering",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const stillTrue = yield* answering
          yield* forEachFault(publish(yield* picture, stillTrue))
        })
      ),
    patience
  )

  it.effect(
    "while ports are taken back, the others keep answering, and it can be done again",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const stillTrue = yield* answering
          yield* forEachFault(unpublish(yield* picture, stillTrue))
        })
      ),
    patience
  )
})
