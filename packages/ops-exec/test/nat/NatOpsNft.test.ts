import { assert, describe, it } from "@effect/vitest"
import { hostNetns, type NatChange, type NatElement, NatOps, type OpsReason } from "@vmnet/core"
import { NatOpsNft } from "@vmnet/ops-exec"
import { natFixtures } from "@vmnet/testkit/conformance"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type Scripted, scriptedCommands } from "../support/scriptedCommands.ts"

const { install } = natFixtures
const layout = natFixtures.addLayout
const add = (device: string): NatChange => natFixtures.add({ _tag: "Masquerade", device })
const slot = natFixtures.add(natFixtures.slot())
const egress: NatElement = { _tag: "Egress", address: "10.0.42.2", destination: "203.0.113.0/25" }

const using = <A, E>(commands: Scripted, use: (nat: NatOps["Service"]) => Effect.Effect<A, E>) =>
  NatOps.use(use).pipe(Effect.provide(NatOpsNft.layer({ install }).pipe(Layer.provide(commands.layer))))

const apply = (commands: Scripted, ...changes: ReadonlyArray<NatChange>) =>
  using(commands, (nat) => nat.apply(hostNetns, changes))

const said = (words: string) => ({ exitCode: 1, stderr: `internal:0:0-0: Error: Could not process rule: ${words}\n\n` })

/** What nft 1.0.6 says, and what that is. */
const texts: ReadonlyArray<readonly [OpsReason, string]> = [
  ["Exists", said("File exists").stderr],
  ["Missing", said("No such file or directory").stderr],
  ["Missing", "internal:0:0-0: Error: No such file or directory; did you mean table 'x' in family inet?\n"],
  ["Denied", "netlink: Error: cache initialization failed: Operation not permitted\n"],
  ["Denied", "Operation not permitted (you must be root)\n"],
  ["Unsupported", said("Operation not supported").stderr],
  ["Unsupported", "/dev/stdin:3:7-9: Error: syntax error, unexpected newline\n"],
  ["Invalid", said("Invalid argument").stderr],
  ["Failed", said("No buffer space available").stderr],
  ["Failed", said("Too many open files in system").stderr]
]

describe("a transaction that nft refuses", () => {
  for (const [reason, stderr] of texts) {
    it.effect(`is ${reason} when it says ${stderr.trim()}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(apply(scriptedCommands({ exitCode: 1, stderr }), add("vmb1")))
        assert.deepInclude({ ...error }, { family: "nat", reason, index: 0, action: "add masquerade vmb1" })
        assert.notInclude(error.output, "^^^")
      })
    )
  }

  it.effect("because it is busy is tried again, a bounded number of times", () =>
    Effect.gen(function* () {
      const twice = scriptedCommands(said("Device or resource busy"), said("Device or resource busy"), {})
      const fiber = yield* Effect.forkChild(apply(twice, add("vmb1")))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
      assert.strictEqual(twice.ran.length, 3)
      const always = scriptedCommands(said("Device or resource busy"))
      const failing = yield* Effect.forkChild(Effect.flip(apply(always, add("vmb1"))))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(failing)).reason, "Busy")
      assert.strictEqual(always.ran.length, 6)
    })
  )

  it.effect("for any other reason is not tried again", () =>
    Effect.gen(function* () {
      const commands = scriptedCommands(said("File exists"))
      yield* Effect.flip(apply(commands, add("vmb1")))
      assert.strictEqual(commands.ran.length, 1)
    })
  )

  it.effect("names the change, which is found by trying the same as text without committing it", () =>
    Effect.gen(function* () {
      const check = {
        exitCode: 1,
        stderr: "/dev/stdin:2:58-63: Error: Could not process rule: File exists\ncreate ...\n"
      }
      const commands = scriptedCommands(said("File exists"), check)
      const error = yield* Effect.flip(apply(commands, add("vmb1"), add("vmb2"), add("vmb3")))
      assert.deepInclude({ ...error }, { reason: "Exists", index: 1, action: "add masquerade vmb2" })
      assert.deepStrictEqual(
        commands.ran.map(({ args }) => args.join(" ")),
        ["-j -f -", "-c -f -"]
      )
    })
  )

  it.effect("is Unsupported, not Missing, when the kernel lacks an expression of the layout", () =>
    Effect.gen(function* () {
      const stderr = "/dev/stdin:60:5-30: Error: Could not process rule: No such file or directory\n"
      const error = yield* Effect.flip(apply(scriptedCommands({ exitCode: 1, stderr }), layout, add("vmb1")))
      assert.deepInclude({ ...error }, { reason: "Unsupported", index: 0, action: "add firewall layout" })
      const slotError = yield* Effect.flip(apply(scriptedCommands({ exitCode: 1, stderr }), slot))
      assert.deepInclude({ ...slotError }, { reason: "Unsupported", index: 0 })
    })
  )
})

describe("deleting an interval", () => {
  it.effect("is refused before anything changes when that very interval is not there", () =>
    Effect.gen(function* () {
      // The kernel would take 203.0.113.0/24 for it: they begin alike.
      const other = { elem: { val: { concat: ["10.0.42.2", { prefix: { addr: "203.0.113.0", len: 24 } }] } } }
      const set = { family: "inet", name: "egress_any", table: `vmnet_${install}`, elem: [other] }
      const commands = scriptedCommands({ stdout: JSON.stringify({ nftables: [{ set }] }) })
      const error = yield* Effect.flip(apply(commands, add("vmb1"), { _tag: "DeleteElement", element: egress }))
      assert.deepInclude({ ...error }, { reason: "Missing", index: 1 })
      assert.deepStrictEqual(
        commands.ran.map(({ args }) => args.join(" ")),
        [`-j -n list set inet vmnet_${install} egress_any`]
      )
    })
  )
})

it.effect("an install id that is not eight hex digits is refused", () =>
  Effect.gen(function* () {
    for (const install of ["", "0a1b2c3", "0A1B2C3D", "0a1b2c3d }", "../../x"]) {
      const layer = NatOpsNft.layer({ install }).pipe(Layer.provide(scriptedCommands().layer))
      const error = yield* Effect.flip(Effect.provide(NatOps.use(Effect.succeed), layer))
      assert.strictEqual(error.reason, "Invalid")
    }
  })
)
