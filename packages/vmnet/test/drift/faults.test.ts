import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, hostNetns, Vmnet } from "@vmnet/core"
import { type Call, everyFault, type Fault, type FaultRun, forEachFault } from "@vmnet/testkit"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect, Exit } from "effect"
import { everyFaultAsked } from "../support/sampleOf.ts"
import { layerFaulty, layerOf, picture, request, type Services, states, type World, world } from "./world.ts"

interface Damaged extends World {
  readonly empty: ReturnType<typeof picture>
  readonly whole: ReturnType<typeof picture>
  /** What `check` told of before anybody repaired it. */
  readonly drift: ReadonlyArray<string>
}

const driftWords = Effect.map(
  Vmnet.use((vmnet) => vmnet.check()),
  ({ drift }) => drift.map((one) => `${one.kind} ${one.name} ${one.drift}`)
)

/** A host on which a VM was up before somebody damaged what it has. */
const damaged = (asked: AttachRequest, damage: (made: World, device: string) => void) =>
  Effect.gen(function* () {
    const made = yield* world
    const empty = picture(made)
    return yield* Effect.gen(function* () {
      const { attachment } = yield* Vmnet.use((vmnet) => vmnet.up(asked))
      const whole = picture(made)
      damage(made, attachment.device.name)
      return { ...made, empty, whole, drift: yield* driftWords } satisfies Damaged
    }).pipe(Effect.provide(layerOf(made)))
  })

/** Whatever went wrong: the next repair finishes, nothing is done twice, and what goes down leaves nothing. */
const finishes = Effect.fnUntraced(function* ({ exit, world: made, words }: FaultRun<Damaged, unknown, unknown>) {
  const vmnet = yield* Vmnet
  if (exit === null) made.kernel.host.restartSelf()
  const { actions } = yield* vmnet.repair()
  assert.deepStrictEqual(
    actions.filter(({ action }) => action === "left"),
    [],
    words
  )
  for (const { state } of yield* states) assert.strictEqual(state, "present", words)
  assertSame(picture(made), made.whole, `${words}: the next repair finishes`)
  assert.deepStrictEqual((yield* vmnet.check()).drift, [], words)
})

/** Without another repair: what is half made is ours to remove. */
const goesDown = Effect.fnUntraced(function* ({ exit, world: made, words }: FaultRun<Damaged, unknown, unknown>) {
  if (exit === null) made.kernel.host.restartSelf()
  yield* Vmnet.use((vmnet) => vmnet.down("vm1"))
  assertSame(picture(made), made.empty, `${words}: down leaves nothing`)
})

/** Ports come and go on whatever a repair has left. */
const publishes = Effect.fnUntraced(function* ({ exit, world: made, words }: FaultRun<Damaged, unknown, unknown>) {
  const vmnet = yield* Vmnet
  if (exit === null) made.kernel.host.restartSelf()
  const specs = [{ protocol: "tcp", hostAddress: null, hostPort: 9090, guestPort: 90, count: 1 } as const]
  const published = yield* Effect.exit(vmnet.publish("vm1", specs))
  if (Exit.isSuccess(published)) yield* vmnet.unpublish("vm1", specs)
  for (const { state } of yield* states) assert.strictEqual(state, "present", words)
  yield* vmnet.repair()
  assertSame(picture(made), made.whole, `${words}: whole in the end`)
})

/** What is not there, and a parameter of a device that is: the kernel gives every new one its own. */
const isLeftBehind = (words: string): boolean => / missing$|^Sysctl .* altered$/.test(words)

/** gc takes half-made things back, and what is left is missing or whole, or as somebody left it. */
const collects = Effect.fnUntraced(function* ({ exit, world: made, words }: FaultRun<Damaged, unknown, unknown>) {
  const vmnet = yield* Vmnet
  if (exit === null) made.kernel.host.restartSelf()
  yield* vmnet.gc({ dryRun: false })
  for (const { state } of yield* states) assert.strictEqual(state, "present", words)
  const found = yield* driftWords
  for (const one of found) if (!isLeftBehind(one)) assert.include(made.drift, one, words)
})

const cases = {
  "a TAP that was deleted": damaged(request("vm1", { backend: "bridge" }), ({ kernel }, device) =>
    kernel.foreign.unplug(hostNetns, device)
  ),
  "a TAP of its own that was deleted, and its rules changed": damaged(
    request("vm1", { backend: "tap" }),
    ({ kernel }, device) => {
      kernel.foreign.unplug(hostNetns, device)
      kernel.foreign.damageLayout(hostNetns)
    }
  ),
  "a slot that was deleted": damaged(request("vm1", { backend: "netns" }), ({ kernel }) =>
    kernel.removeNetns("/run/netns/vmnet-1")
  ),
  "a namespace without rights that has ended": damaged(request("vm1", { backend: "slirp" }), ({ kernel }) => {
    for (const [id, { process }] of Object.entries(kernel.host.helpers())) {
      if (id.endsWith(" namespace")) kernel.host.endProcess(process.pid)
    }
  })
}

const checks: Readonly<
  Record<string, (run: FaultRun<Damaged, unknown, unknown>) => Effect.Effect<void, unknown, Services>>
> = {
  "the next repair finishes": finishes,
  "gc takes back what is half made": collects,
  "down leaves nothing": goesDown,
  "ports come and go": publishes
}

/** Every so manieth fault, others for each of the checks; all of them when asked to (`pnpm test:faults`). */
const stride = everyFaultAsked ? 1 : 120

const sampled = (from: number) => {
  let count = from
  return (call: Call): ReadonlyArray<Fault> => everyFault(call).filter(() => count++ % stride === 0)
}

describe("whatever goes wrong while it is repaired", () => {
  for (const [name, made] of Object.entries(cases)) {
    for (const [index, [then, check]] of Object.entries(checks).entries()) {
      it.live(
        `${name}: ${then}`,
        () =>
          Effect.gen(function* () {
            const { runs } = yield* forEachFault<Damaged, unknown, unknown, Services>({
              world: made,
              services: layerFaulty,
              run: () => Vmnet.use((vmnet) => vmnet.repair()),
              check,
              faults: sampled(index * 30)
            })
            assert.isAtLeast(runs.length, 2)
          }),
        stride === 1 ? 900_000 : 120_000
      )
    }
  }
})
