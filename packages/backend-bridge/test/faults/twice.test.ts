import { assert, describe, it } from "@effect/vitest"
import { type Ledger, parsePublish, Vmnet, type VmnetError } from "@vmnet/core"
import { type Call, type Fault, type FaultRun, forEachFault, type Scenario } from "@vmnet/testkit"
import { Effect, Result } from "effect"
import { layerFaultyMachine } from "../support/faultyMachine.ts"
import { request } from "../support/memoryHost.ts"
import { assertPicture, type World, worldWith } from "./world.ts"

const vm1 = request("vm1", { publish: ["8080:80"] })
const specs = [Result.getOrThrow(parsePublish("7000-7001:70"))]

const fail: ReadonlyArray<Fault> = [{ _tag: "Fail", applied: 0 }]

/** First something that changes the kernel fails, or the transaction after it. */
const first = ({ method, words }: Call): ReadonlyArray<Fault> =>
  /\.(apply|write)$/.test(method) || words.includes("confirm") ? fail : []

/** Then any change of the kernel or look at it: what was not undone must still be written down. */
const then = ({ method }: Call): ReadonlyArray<Fault> => (method.startsWith("Ledger.") ? [] : fail)

/** However little could be undone: what is left is known, `down` removes it, and the VM can come up again. */
const nothingForgotten = (run: FaultRun<World, unknown, VmnetError>) =>
  Effect.gen(function* () {
    const vmnet = yield* Vmnet
    yield* vmnet.down("vm1")
    yield* assertPicture(run.world, run.world.empty, "left behind")
    assert.isFalse((yield* vmnet.up(vm1)).existing)
  })

const twice = (
  up: ReadonlyArray<typeof vm1>,
  verb: (vmnet: Vmnet["Service"]) => Effect.Effect<unknown, VmnetError>
): Scenario<World, unknown, VmnetError, Vmnet | Ledger> => ({
  world: worldWith(up),
  services: layerFaultyMachine,
  run: () => Vmnet.use(verb),
  faults: first,
  again: then,
  check: nothingForgotten
})

describe("when something goes wrong and undoing it does too, nothing is forgotten", () => {
  it.live("of a VM that was to come up", () => forEachFault(twice([], (vmnet) => vmnet.up(vm1))), 120_000)
  it.live(
    "of ports that were to be published",
    () => forEachFault(twice([vm1], (vmnet) => vmnet.publish("vm1", specs))),
    120_000
  )
  it.live("of a VM that was to go", () => forEachFault(twice([vm1], (vmnet) => vmnet.down("vm1"))), 120_000)
})
