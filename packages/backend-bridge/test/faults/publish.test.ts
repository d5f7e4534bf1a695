import { assert, describe, it } from "@effect/vitest"
import { type Attachment, type Ledger, parsePublish, type PublishSpec, Vmnet, type VmnetError } from "@vmnet/core"
import { type Call, everyFault, type Fault, type FaultRun, forEachFault, type Scenario } from "@vmnet/testkit"
import { Effect, Result } from "effect"
import { layerFaultyMachine } from "../support/faultyMachine.ts"
import { request } from "../support/memoryHost.ts"
import { assertPicture, assertTelling, restart, succeeded, type World, worldWith } from "./world.ts"

const spec = (text: string): PublishSpec => Result.getOrThrow(parsePublish(text))

const vms = [request("vm1", { publish: ["8080:80"] }), request("other", { publish: ["9090:80"] })]
const more = [spec("7000-7001:70"), spec("127.0.0.1:53:53/udp")]

type Run = FaultRun<World, Attachment, VmnetError>

const hostPorts = Effect.map(
  Vmnet.use((vmnet) => vmnet.show("vm1")),
  ({ attachment }) => attachment.publish.map(({ hostPort }) => hostPort)
)

/** All of them or none; after a crash none, as soon as somebody does anything to the VM's ports. */
const publishedOrNot = (run: Run) =>
  Effect.gen(function* () {
    const { world } = run
    const vmnet = yield* Vmnet
    assertTelling(run)
    restart(run)
    if (succeeded(run)) {
      assert.deepStrictEqual(yield* hostPorts, [8080, 7000, 53])
    } else {
      if (run.exit === null) yield* vmnet.publish("vm1", [])
      if (run.exit !== null || (yield* hostPorts).length === 1) yield* assertPicture(world, world.before, "left behind")
      else yield* vmnet.unpublish("vm1", more)
      yield* vmnet.publish("vm1", more)
    }
    yield* vmnet.unpublish("vm1", more)
    yield* assertPicture(world, world.before, "left behind by unpublish")
  })

const unlessAnswered = (call: Call): ReadonlyArray<Fault> =>
  everyFault(call).filter(({ _tag }) => _tag !== "Hang" || !call.words.includes("unlock vm "))

const publish: Scenario<World, Attachment, VmnetError, Vmnet | Ledger> = {
  world: worldWith(vms),
  services: layerFaultyMachine,
  run: () => Vmnet.use((vmnet) => vmnet.publish("vm1", more)),
  faults: unlessAnswered,
  check: publishedOrNot
}

/** As many as before or none of them; and whatever it was, `unpublish` or `down` goes on from there. */
const unpublishedOrNot = (run: Run) =>
  Effect.gen(function* () {
    const { world } = run
    const vmnet = yield* Vmnet
    assertTelling(run)
    restart(run)
    if ((yield* hostPorts).length === 3) yield* vmnet.unpublish("vm1", more)
    assert.deepStrictEqual(yield* hostPorts, [8080])
    const again = yield* vmnet.publish("vm1", more)
    assert.strictEqual(again.publish.length, 3)
    yield* vmnet.down("vm1")
    yield* vmnet.down("other")
    yield* assertPicture(world, world.empty, "left behind")
  })

const unpublish: Scenario<World, Attachment, VmnetError, Vmnet | Ledger> = {
  world: worldWith([request("vm1", { publish: ["8080:80", "7000-7001:70", "127.0.0.1:53:53/udp"] }), vms[1]!]),
  services: layerFaultyMachine,
  run: () => Vmnet.use((vmnet) => vmnet.unpublish("vm1", more)),
  check: unpublishedOrNot
}

describe("whatever goes wrong", () => {
  it.live("while ports are published, all of them are or none", () => forEachFault(publish), 120_000)
  it.live("while ports are taken back, they can be taken back again", () => forEachFault(unpublish), 120_000)
})
