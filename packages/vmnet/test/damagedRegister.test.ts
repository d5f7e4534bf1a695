import { assert, describe, it } from "@effect/vitest"
import { Vmnet, type VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Install, layerInstall, request, type World, world } from "./support/world.ts"

const [one, two] = ["aaaaaaaa", "bbbbbbbb"] as const

const by = <A, E>(made: World, install: string, work: Effect.Effect<A, E, Install>) =>
  Effect.provide(work, layerInstall(made, install))

const up = (made: World, install: string, vm: string) => {
  const config = `networks: { n: { backend: tap, subnet: 10.${install === one ? 8 : 9}.0.0/24 } }`
  const asked = request(vm, { network: "n", config })
  return by(
    made,
    install,
    Vmnet.use((vmnet) => vmnet.up(asked))
  )
}

const down = (made: World, install: string, vm: string) =>
  by(
    made,
    install,
    Vmnet.use((vmnet) => vmnet.down(vm))
  )

const forwards = ({ kernel }: World) => kernel.snapshot()["host"]!.forwarding["all"]

const garbage = "not a database ".repeat(400)

const registerOf = ({ directory }: World): string => join(directory, "host", "ledger.db")

/** Its log is left beside it, as a process leaves it that was killed. */
const damage = (made: World): void => {
  writeFileSync(registerOf(made), garbage)
  writeFileSync(`${registerOf(made)}-wal`, garbage)
}

/** Does what the hint says, to the letter. */
const follow = ({ hint = "" }: VmnetError): void => {
  const command = /Move it away: (.*?)\. Then/.exec(hint)?.[1] ?? "false"
  execFileSync("sh", ["-c", command])
}

describe("a register of the host that is damaged", () => {
  it.effect("is named with the command that helps, by up and by down, and then both work", () =>
    Effect.gen(function* () {
      const made = yield* world
      const before = made.kernel.snapshot()
      yield* up(made, one, "vm1")
      damage(made)
      const refusals = [yield* Effect.flip(up(made, two, "vm1")), yield* Effect.flip(down(made, one, "vm1"))]
      for (const { hint, message } of refusals) {
        assert.include(message, `${registerOf(made)}, is damaged`)
        assert.match(hint ?? "", /^Move it away: mkdir/)
      }
      assert.strictEqual(forwards(made), "1")
      follow(refusals[0]!)
      assert.strictEqual(readFileSync(join(made.directory, "host", "damaged", "ledger.db"), "utf8"), garbage)
      yield* down(made, one, "vm1")
      assert.deepStrictEqual(made.kernel.snapshot(), before)
      yield* up(made, one, "vm2")
      yield* down(made, one, "vm2")
      assert.deepStrictEqual(made.kernel.snapshot(), before)
      assert.isTrue(existsSync(registerOf(made)))
    })
  )

  it.effect("is nothing that gc would help with, and gc does not touch the record over it", () =>
    Effect.gen(function* () {
      const made = yield* world
      const owner = made.kernel.host.startProcess()
      yield* by(
        made,
        one,
        Vmnet.use((vmnet) => vmnet.up(request("vm1", { backend: "tap", owner })))
      )
      damage(made)
      made.kernel.host.endProcess(owner.pid)
      const { actions, problems } = yield* by(
        made,
        one,
        Vmnet.use((vmnet) => vmnet.gc({ dryRun: false }))
      )
      assert.isFalse(actions.some(({ kind }) => kind === "Ledger"))
      assert.isAbove(problems.length, 0)
      for (const { hint } of problems) assert.notInclude(hint, "vmnet gc")
      follow(problems[0]!)
      const again = yield* by(
        made,
        one,
        Vmnet.use((vmnet) => vmnet.gc({ dryRun: false }))
      )
      assert.deepStrictEqual([again.problems, forwards(made)], [[], "0"])
    })
  )

  it.effect("forgets who else forwards: repair puts it back for them, as the hint says", () =>
    Effect.gen(function* () {
      const made = yield* world
      for (const install of [one, two]) yield* up(made, install, "vm1")
      damage(made)
      const refused = yield* Effect.flip(down(made, one, "vm1"))
      assert.include(refused.hint, "vmnet --state-dir DIR repair")
      follow(refused)
      yield* down(made, one, "vm1")
      yield* by(
        made,
        two,
        Vmnet.use((vmnet) => vmnet.repair([]))
      )
      assert.strictEqual(forwards(made), "1")
      yield* down(made, two, "vm1")
      assert.strictEqual(forwards(made), "0")
    })
  )
})
