import { assert, describe, it } from "@effect/vitest"
import { hostNetns, SysctlOps, Vmnet } from "@vmnet/core"
import { Effect, Logger } from "effect"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { type Asked, type Install, layerInstall, request, type World, world } from "./support/world.ts"

const [one, two] = ["aaaaaaaa", "bbbbbbbb"] as const
type Which = typeof one | typeof two

/** Each in a subnet of its own, as two installs of a host have to be. */
const configOf = (install: Which, forwarding = "global") =>
  `{ forwarding: ${forwarding}, networks: { n: { backend: tap, subnet: 10.${install === one ? 8 : 9}.0.0/24 } } }`

/** One command of an install, as a process of its own runs it. */
const by = <A, E>(made: World, install: Which, work: Effect.Effect<A, E, Install>) =>
  Effect.provide(work, layerInstall(made, install))

const up = (made: World, install: Which, vm: string, { config, ...asked }: Asked = {}) =>
  by(
    made,
    install,
    Vmnet.use((vmnet) => vmnet.up(request(vm, { network: "n", config: config ?? configOf(install), ...asked })))
  )

const down = (made: World, install: Which, vm: string) =>
  by(
    made,
    install,
    Vmnet.use((vmnet) => vmnet.down(vm))
  )

/** `all` is `ip_forward`. */
const flagsOf = ({ kernel }: World) => {
  const { all, eth0 } = kernel.snapshot()["host"]!.forwarding
  return [all, eth0]
}

const write = (made: World, key: ReadonlyArray<string>, value: string) =>
  Effect.provide(
    SysctlOps.use((ops) => ops.write(hostNetns, ["net", "ipv4", ...key], value)),
    made.kernel.layer
  )

const orders = [
  { up: [one, two], down: [one, two] },
  { up: [one, two], down: [two, one] },
  { up: [two, one], down: [one, two] },
  { up: [two, one], down: [two, one] }
] as const

describe("two installs on one host", () => {
  const modes = orders.flatMap((order) =>
    (["global", "per-interface"] as const).map((mode) => ({ up: order.up, down: order.down, mode }))
  )

  it.effect.each(modes)(
    "forward until the last VM of either is down, and all is as it was ($mode, up $up, down $down)",
    ({ down: downs, mode, up: ups }) =>
      Effect.gen(function* () {
        const made = yield* world
        const before = made.kernel.snapshot()
        for (const install of ups) yield* up(made, install, "vm1", { config: configOf(install, mode) })
        const held = flagsOf(made)
        assert.deepStrictEqual(held, mode === "global" ? ["1", "1"] : ["0", "1"])
        yield* down(made, downs[0], "vm1")
        assert.deepStrictEqual(flagsOf(made), held)
        // And again, under the other's: it finds what is held, not what was.
        yield* up(made, downs[0], "vm2", { config: configOf(downs[0], mode) })
        yield* down(made, downs[1], "vm1")
        assert.deepStrictEqual(flagsOf(made), held)
        yield* down(made, downs[0], "vm2")
        assert.deepStrictEqual(made.kernel.snapshot(), before)
      })
  )

  it.effect("leave what forwarded before as it was", () =>
    Effect.gen(function* () {
      const made = yield* world
      yield* write(made, ["ip_forward"], "1")
      const before = made.kernel.snapshot()
      for (const install of [one, two] as const) yield* up(made, install, "vm1")
      for (const install of [one, two] as const) yield* down(made, install, "vm1")
      assert.deepStrictEqual(made.kernel.snapshot(), before)
    })
  )

  it.effect("leave what somebody else has turned off meanwhile as he left it", () =>
    Effect.gen(function* () {
      const made = yield* world
      for (const install of [one, two] as const) yield* up(made, install, "vm1")
      yield* write(made, ["ip_forward"], "0")
      for (const install of [one, two] as const) yield* down(made, install, "vm1")
      assert.deepStrictEqual(flagsOf(made), ["0", "0"])
    })
  )

  it.effect("do not go about it in two ways at once", () =>
    Effect.gen(function* () {
      const made = yield* world
      for (const [first, second] of [
        ["global", "per-interface"],
        ["per-interface", "global"]
      ] as const) {
        yield* up(made, one, "vm1", { config: configOf(one, first) })
        const before = made.kernel.snapshot()
        const error = yield* Effect.flip(up(made, two, "vm1", { config: configOf(two, second) }))
        assert.deepStrictEqual([error.code, error.exitCode], ["NETWORK_CONFLICT", 4])
        assert.include(error.hint, join(made.directory, one))
        assert.deepStrictEqual(made.kernel.snapshot(), before)
        yield* down(made, one, "vm1")
      }
    })
  )

  it.effect("one whose record somebody has deleted is waited for by nobody, and what it had found is not lost", () =>
    Effect.gen(function* () {
      const made = yield* world
      yield* up(made, one, "vm1")
      rmSync(join(made.directory, one), { recursive: true })
      yield* up(made, two, "vm1")
      assert.deepStrictEqual(flagsOf(made), ["1", "1"])
      yield* down(made, two, "vm1")
      assert.deepStrictEqual(flagsOf(made), ["0", "0"])
    })
  )

  it.effect.each(["not JSON", "[]", '[{"before":"0; reboot"}]', "[null]"])(
    "what one says it had found is written to the kernel by the other only if it is exactly what vmnet says: %s",
    (memos) =>
      Effect.gen(function* () {
        const made = yield* world
        yield* up(made, one, "vm1")
        const database = new DatabaseSync(join(made.directory, "host", "ledger.db"))
        database.prepare("UPDATE held SET memos = ? WHERE install = ?").run(memos, one)
        database.close()
        const warned: Array<unknown> = []
        const logger = Logger.make(({ message }) => void warned.push(message))
        yield* Effect.provide(up(made, two, "vm1"), Logger.layer([logger]))
        assert.include(`${warned}`, join(made.directory, one))
        // What the first had found it knows itself, and puts back when it is the last.
        yield* down(made, two, "vm1")
        assert.deepStrictEqual(flagsOf(made), ["1", "1"])
        yield* down(made, one, "vm1")
        assert.deepStrictEqual(flagsOf(made), ["0", "0"])
      })
  )
})
