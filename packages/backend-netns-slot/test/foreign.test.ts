import { assert, it } from "@effect/vitest"
import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import {
  type AttachRequest,
  Backends,
  decodeConfig,
  hostNetns,
  layerLedgerSqlite,
  layerVmnet,
  resolveRequest,
  Vmnet
} from "@vmnet/core"
import { type Call, faultyOps, type FaultRun, forEachFault, MemoryKernel, temporaryDirectory } from "@vmnet/testkit"
import { Effect, Layer, Result } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"

interface Machine {
  readonly kernel: MemoryKernel
  readonly stateDir: string
}

const taken = "/run/netns/vmnet-1"

/** A host on which somebody has an empty namespace of the name that the first slot would get. */
const machine = Effect.acquireRelease(
  Effect.sync((): Machine => {
    const kernel = MemoryKernel.make()
    kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
    kernel.foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1" })
    kernel.addNetns(taken)
    return { kernel, stateDir: join(temporaryDirectory("netns"), "state") }
  }),
  ({ stateDir }) => Effect.sync(() => rmSync(join(stateDir, ".."), { recursive: true, force: true }))
)

const services = ({ kernel, stateDir }: Machine) =>
  layerVmnet.pipe(
    Layer.provide(layerLedgerSqlite({ stateDir, install: "0123abcd" })),
    Layer.provide(faultyOps(kernel.layer)),
    Layer.provide(Backends.layerOf([netnsSlotBackend])),
    Layer.orDie
  )

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
  forEachFault<Machine, unknown, unknown, Vmnet>({
    world: machine,
    services,
    run: () => Vmnet.use((vmnet) => vmnet.up(request)),
    faults: crashes,
    check: ({ exit, world: { kernel } }: FaultRun<Machine, unknown, unknown>) =>
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
