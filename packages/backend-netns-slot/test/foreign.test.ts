import { assert, it } from "@effect/vitest"
import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { type AttachRequest, decodeConfig, resolveRequest, Vmnet } from "@vmnet/core"
import { type Call, faultyOps, type FaultRun, forEachFault } from "@vmnet/testkit"
import { faultyServiceIn, type MemoryMachine, memoryMachine } from "@vmnet/testkit/conformance"
import { Effect, Result } from "effect"

const taken = "/run/netns/vmnet-1"

/** A host on which somebody has an empty namespace of the name that the first slot would get. */
const machine = memoryMachine("netns", (kernel) => kernel.addNetns(taken))

const services = faultyServiceIn([netnsSlotBackend], faultyOps)

const request: AttachRequest = Result.getOrThrow(
  resolveRequest({
    config: Result.getOrThrow(decodeConfig("", "config.yaml")),
    flags: { vm: "vm1", backend: "netns", publish: [], egress: [] },
    defaults: { netns: netnsSlotBackend.defaultNetwork },
    facts: { findProcess: () => null, resolvers: ["198.51.100.53"] }
  })
)

const crashes = ({ method }: Call) => (method === "LinkOps.apply" ? ([{ _tag: "Crash", applied: 0 }] as const) : [])

it.live("a namespace that has a slot's name outlives whoever died before he was told that it is taken", () =>
  forEachFault<MemoryMachine, unknown, unknown, Vmnet>({
    world: machine,
    services,
    run: () => Vmnet.use((vmnet) => vmnet.up(request)),
    faults: crashes,
    check: ({ exit, world: { kernel } }: FaultRun<MemoryMachine, unknown, unknown>) =>
      Effect.gen(function* () {
        if (exit === null) kernel.host.restartSelf()
        const { actions, problems } = yield* (yield* Vmnet).gc({ dryRun: false })
        assert.deepStrictEqual(problems, [])
        const said = actions.find(({ kind, name }) => kind === "Netns" && name === "vmnet-1")
        if (said !== undefined) assert.strictEqual(said.action, "skipped")
        assert.isDefined(kernel.snapshot()[taken])
      })
  })
)
