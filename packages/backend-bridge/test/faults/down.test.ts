import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, type DownResult, type Ledger, Vmnet, type VmnetError } from "@vmnet/core"
import { type FaultRun, forEachFault, type Scenario } from "@vmnet/testkit"
import { Effect } from "effect"
import { layerFaultyMachine } from "../support/faultyMachine.ts"
import { request } from "../support/memoryHost.ts"
import { assertPicture, assertTelling, netnsPath, restart, succeeded, type World, worldWith } from "./world.ts"

const other = request("other", { publish: ["9090:80"] })

type Run = FaultRun<World, DownResult, VmnetError>
type DownScenario = Scenario<World, DownResult, VmnetError, Vmnet | Ledger>

/** Gone; or it failed, and `down` again finishes. The VM comes up again, and those that were there are untouched. */
const goneInTheEnd = (vm1: AttachRequest, others: ReadonlyArray<AttachRequest>) => (run: Run) =>
  Effect.gen(function* () {
    const { world } = run
    const vmnet = yield* Vmnet
    assertTelling(run)
    restart(run)
    if (!succeeded(run)) yield* vmnet.down("vm1")
    yield* assertPicture(world, world.beforeLast, "left behind")
    assert.isFalse((yield* vmnet.up(vm1)).existing)
    for (const { vm } of [vm1, ...others]) yield* vmnet.down(vm)
    yield* assertPicture(world, world.empty, "left behind in the end")
  })

const down = (vm1: AttachRequest, others: ReadonlyArray<AttachRequest> = []): DownScenario => ({
  world: worldWith([...others, vm1]),
  services: layerFaultyMachine,
  run: () => Vmnet.use((vmnet) => vmnet.down("vm1")),
  check: goneInTheEnd(vm1, others)
})

const publish = ["8080-8081:80", "127.0.0.1:53:53/udp"]
const cases: ReadonlyArray<readonly [string, DownScenario]> = [
  ["when it is the last", down(request("vm1", { publish }))],
  ["when another stays up on its network", down(request("vm1", { publish }), [other])],
  ["when its end is in a namespace", down(request("vm1", { publish, netns: netnsPath }), [other])],
  ["when only the uplink was to forward", down(request("vm1", {}, "forwarding: per-interface"))]
]

describe("whatever goes wrong while a VM is taken down, `down` again finishes, and the host is as it was", () => {
  for (const [name, scenario] of cases) it.live(name, () => forEachFault(scenario), 120_000)
})
