import { assert, describe, it } from "@effect/vitest"
import { hostNetns, InterfaceName, parsePublish, Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect, Logger, Result } from "effect"
import { install, request } from "./support/memoryHost.ts"
import { onStubbornMachine } from "./support/stubbornMachine.ts"

const tap = InterfaceName.derive("vmt", install, "vm1", 0)
const vm1 = request("vm1", { publish: ["8080:80"] })
const more = [Result.getOrThrow(parsePublish("7000:70"))]

/** Strict, and in the second attempt what is there of it. */
const isRemoval = (tag: string): boolean => tag === "DeleteElement" || tag === "RemoveElement"

describe("a VM that cannot be taken down", () => {
  it.live("stays on record as failed, with what is left of it and why, and goes when it can", () =>
    onStubbornMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { kernel } = machine
        yield* vmnet.up(request("other", { publish: ["9090:80"] }))
        const before = kernel.snapshot()
        yield* vmnet.up(vm1)
        machine.refuses = (change) => change._tag === "DeleteLink"
        const error = yield* Effect.flip(vmnet.down("vm1"))
        assert.deepStrictEqual([error.code, error.exitCode], ["STEP_FAILED", 1])
        assert.strictEqual(error.message, `vm1 is not all gone: delete tap ${tap}: change failed (Busy): stubborn`)
        const shown = yield* vmnet.show("vm1")
        assert.strictEqual(shown.attachment.state, "failed")
        assert.deepStrictEqual(shown.problems, [`delete tap ${tap}: change failed (Busy): stubborn`])
        assert.deepStrictEqual(
          shown.resources.map(({ what }) => what),
          [`tap ${tap}`]
        )
        assert.deepStrictEqual((yield* vmnet.status).leases, { configuring: 0, active: 1, releasing: 0, failed: 1 })
        machine.refuses = () => false
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.live("behind an answer that was not waited for stays on record just so, and is logged", () =>
    onStubbornMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = machine.kernel.snapshot()
        yield* vmnet.up(vm1)
        machine.refuses = (change) => change._tag === "DeleteLink"
        const logged: Array<string> = []
        const logger = Logger.make(({ message }) => void logged.push(`${message}`))
        const answer = yield* Effect.provide(vmnet.down("vm1", { wait: false }), Logger.layer([logger]))
        assert.deepStrictEqual(answer, { vm: "vm1", outcome: "releasing" })
        // Whoever asks for the lock next comes when the rest is over.
        const refused = yield* Effect.flip(vmnet.publish("vm1", more))
        assert.deepStrictEqual([refused.code, refused.message], ["VM_CONFLICT", "vm1 is failed, not active"])
        assert.deepStrictEqual((yield* vmnet.show("vm1")).problems, [
          `delete tap ${tap}: change failed (Busy): stubborn`
        ])
        assert.strictEqual(logged.length, 1)
        assert.match(logged[0]!, /^vm1 is cut off, but not all gone/)
        machine.refuses = () => false
        assert.deepStrictEqual(yield* vmnet.down("vm1", { wait: false }), { vm: "vm1", outcome: "removed" })
        assertSame(machine.kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.live("keeps its address, is no subject of publish and unpublish, and comes up anew when it can", () =>
    onStubbornMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = machine.kernel.snapshot()
        const { attachment } = yield* vmnet.up(vm1)
        machine.refuses = (change) => change._tag === "DeleteLink"
        yield* Effect.flip(vmnet.down("vm1"))
        const taken = yield* Effect.flip(vmnet.up(request("vm2", { ip: attachment.host.address })))
        assert.strictEqual(taken.code, "ADDRESS_IN_USE")
        for (const verb of [vmnet.publish("vm1", more), vmnet.unpublish("vm1", more)]) {
          const error = yield* Effect.flip(verb)
          assert.deepStrictEqual([error.code, error.message], ["VM_CONFLICT", "vm1 is failed, not active"])
        }
        assert.strictEqual((yield* Effect.flip(vmnet.up(vm1))).code, "STEP_FAILED")
        machine.refuses = () => false
        const again = yield* vmnet.up(vm1)
        assert.deepStrictEqual([again.existing, again.attachment.generation], [false, 2])
        yield* vmnet.down("vm1")
        assertSame(machine.kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.live("does not keep the next `up` from saying what it would do", () =>
    onStubbornMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(vm1)
        machine.refuses = (change) => change._tag === "DeleteLink"
        yield* Effect.flip(vmnet.down("vm1"))
        const plan = yield* vmnet.plan(vm1)
        assert.strictEqual(plan.attachment.generation, 2)
        assert.strictEqual((yield* vmnet.show("vm1")).attachment.state, "failed")
      })
    )
  )
})

describe("a VM that cannot come up", () => {
  it.live("and whose undoing fails stays on record with what is left, and no claim on what it never made", () =>
    onStubbornMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { kernel } = machine
        const before = kernel.snapshot()
        machine.refuses = ({ _tag }) => _tag === "AddTap" || isRemoval(_tag)
        const error = yield* Effect.flip(vmnet.up(vm1))
        assert.include(error.message, `vm1: create tap ${tap}: change failed (Busy): stubborn`)
        const shown = yield* vmnet.show("vm1")
        assert.strictEqual(shown.attachment.state, "failed")
        assert.isTrue(shown.resources.every(({ kind }) => kind === "NatElement"))
        machine.refuses = () => false
        kernel.foreign.link(hostNetns, { link: tap, type: "tun" })
        yield* vmnet.down("vm1")
        kernel.foreign.unplug(hostNetns, tap)
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.live(
    "because its network cannot, leaves the network's remains on record, and no claim on what it never made",
    () =>
      onStubbornMachine((machine) =>
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const { kernel } = machine
          const before = kernel.snapshot()
          const bridge = InterfaceName.derive("vmb", install, "@net.bridge", 0)
          machine.refuses = ({ _tag }) => _tag === "AddBridge" || isRemoval(_tag)
          yield* Effect.flip(vmnet.up(vm1))
          assert.deepStrictEqual(yield* vmnet.list, [])
          machine.refuses = () => false
          kernel.foreign.link(hostNetns, { link: bridge, type: "bridge" })
          yield* vmnet.down("vm1")
          assert.isDefined(kernel.snapshot()["host"]!.links.find(({ link }) => link === bridge))
          kernel.foreign.unplug(hostNetns, bridge)
          assertSame(kernel.snapshot(), before, "afterwards")
        })
      )
  )
})

describe("ports that cannot be taken back", () => {
  it.live("stay published, on record too, and go when they can", () =>
    onStubbornMachine((machine) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(vm1)
        const before = machine.kernel.snapshot()
        yield* vmnet.publish("vm1", more)
        machine.refuses = ({ _tag }) => isRemoval(_tag)
        const error = yield* Effect.flip(vmnet.unpublish("vm1", more))
        assert.strictEqual(error.code, "STEP_FAILED")
        assert.include(error.message, "ports of vm1 are not taken back: delete nat element publish *:7000/tcp")
        assert.strictEqual((yield* vmnet.show("vm1")).attachment.publish.length, 2)
        machine.refuses = () => false
        yield* vmnet.unpublish("vm1", more)
        assertSame(machine.kernel.snapshot(), before, "afterwards")
      })
    )
  )
})
