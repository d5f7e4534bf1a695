import { assert, describe, it } from "@effect/vitest"
import { hostNetns, type LinkChange, LinkOps, type OpsReason } from "@vmnet/core"
import { LinkOpsIp } from "@vmnet/ops-exec"
import { Effect, Layer } from "effect"
import { commandFailure, type Scripted, scriptedCommands } from "../support/scriptedCommands.ts"

const using = <A, E>(commands: Scripted, use: (links: LinkOps["Service"]) => Effect.Effect<A, E>) =>
  LinkOps.use(use).pipe(Effect.provide(LinkOpsIp.layer.pipe(Layer.provide(commands.layer))))

const interrupted = { stdout: "[]\n[]\n[]\n", stderr: "Dump was interrupted and may be inconsistent.\n" }
const listing = { stdout: '[{"ifindex":1,"ifname":"lo"}]\n[]\n[]\n' }

describe("a listing of links", () => {
  it.effect("that was interrupted is thrown away and made again", () =>
    Effect.gen(function* () {
      const commands = scriptedCommands(interrupted, interrupted, listing)
      const { links } = yield* using(commands, ({ snapshot }) => snapshot(hostNetns))
      assert.deepStrictEqual(
        links.map(({ link }) => link),
        ["lo"]
      )
      assert.strictEqual(commands.ran.length, 3)
    })
  )

  it.effect("that is interrupted again and again is given up as busy", () =>
    Effect.gen(function* () {
      const commands = scriptedCommands(interrupted)
      const error = yield* Effect.flip(using(commands, ({ snapshot }) => snapshot(hostNetns)))
      assert.strictEqual(error.reason, "Busy")
      assert.strictEqual(commands.ran.length, 5)
    })
  )

  it.effect("of which a part is missing is an error, not an empty host", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(using(scriptedCommands({}), ({ snapshot }) => snapshot(hostNetns)))
      assert.strictEqual(error.reason, "Failed")
    })
  )
})

describe("a lookup of links", () => {
  const find =
    (...links: ReadonlyArray<string>) =>
    (ops: LinkOps["Service"]) =>
      ops.find(hostNetns, links)

  it.effect("takes nothing but the answer for the name it asked for", () =>
    Effect.gen(function* () {
      // What ip says when there is no link of that name, but one of index 1.
      const commands = scriptedCommands({ stdout: '[{"ifindex":1,"ifname":"lo"}]\n' })
      assert.deepStrictEqual(yield* using(commands, find("if1")), [null])
    })
  )

  it.effect("is an error when ip failed for another reason than absence, or lost an answer", () =>
    Effect.gen(function* () {
      const said = (stderr: string) => scriptedCommands({ exitCode: 1, stderr })
      const denied = said("RTNETLINK answers: Operation not permitted\nCommand failed -:2\n")
      assert.strictEqual((yield* Effect.flip(using(denied, find("a", "b")))).reason, "Denied")
      assert.strictEqual((yield* Effect.flip(using(said("Cannot open netlink socket\n"), find("a")))).reason, "Failed")
      assert.strictEqual((yield* Effect.flip(using(scriptedCommands({}), find("a")))).reason, "Failed")
    })
  )
})

describe("changes of links", () => {
  const up = (link: string): LinkChange => ({ _tag: "SetUp", link })

  it.effect("run nothing at all when one of them is invalid", () =>
    Effect.gen(function* () {
      const commands = scriptedCommands({})
      const changes = [up("vmt1"), up("-h"), up("vmt2")]
      const error = yield* Effect.flip(using(commands, ({ apply }) => apply(hostNetns, changes)))
      assert.deepInclude({ ...error }, { family: "link", reason: "Invalid", index: 1, action: "set -h up" })
      assert.deepStrictEqual(commands.ran, [])
    })
  )

  it.effect("that make a namespace end there when it cannot be entered to tag it, and say so", () =>
    Effect.gen(function* () {
      const commands = scriptedCommands({})
      const add: LinkChange = { _tag: "AddNetns", name: "vmnet-never-made", alias: "vmnet:0a1b2c3d:vm1:1" }
      const error = yield* Effect.flip(using(commands, ({ apply }) => apply(hostNetns, [up("vmt1"), add, up("vmt2")])))
      assert.deepInclude({ ...error }, { reason: "Missing", index: 1 })
      assert.include(error.action, "add netns vmnet-never-made")
      assert.deepStrictEqual(
        commands.ran.map(({ stdin }) => stdin?.split("\n").at(-2)),
        ["netns add vmnet-never-made"]
      )
    })
  )

  const reasons: ReadonlyArray<readonly [Parameters<typeof commandFailure>[0], OpsReason]> = [
    ["NotFound", "ToolMissing"],
    ["NotTrusted", "ToolMissing"],
    ["TimedOut", "TimedOut"],
    ["Killed", "Failed"],
    ["OutputTooLong", "Failed"],
    ["Failed", "Failed"]
  ]
  for (const [command, reason] of reasons) {
    it.effect(`fail as ${reason} when ip ends as ${command}, naming the change and the command`, () =>
      Effect.gen(function* () {
        const commands = scriptedCommands(commandFailure(command))
        const error = yield* Effect.flip(using(commands, ({ apply }) => apply(hostNetns, [up("vmt1")])))
        assert.strictEqual(error.message, `set vmt1 up failed (${reason}): tool -x: did not work`)
        assert.isDefined(error.cause)
      })
    )
  }
})
