import { assert, describe, it } from "@effect/vitest"
import { hostNetns, Ledger, Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { type Install, layerInstall, plugIn, request, type World, world } from "./support/world.ts"

const kinds = ["bridge", "netns", "tap"] as const

const configOf = (kind: (typeof kinds)[number]) =>
  `networks: { n: { backend: ${kind}${kind === "bridge" ? ", addressing: hash" : ""} } }`

const on = (vm: string, kind: (typeof kinds)[number]) => request(vm, { network: "n", config: configOf(kind) })

/** One command, as a process of its own runs it. */
const command = <A, E>(made: World, work: Effect.Effect<A, E, Install>, install?: string) =>
  Effect.provide(work, layerInstall(made, install))

const verb = <A, E>(made: World, f: (vmnet: Vmnet["Service"]) => Effect.Effect<A, E>, install?: string) =>
  command(made, Vmnet.use(f), install)

/** The machine as it is after it was started again, its state directory on a disk. */
const reboot = ({ kernel, tables }: World) => {
  kernel.host.reboot()
  tables.clear()
  plugIn(kernel)
}

const marks = Ledger.use((ledger) =>
  ledger.transact("marks", (tx) =>
    Number(tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'mark'")!.value)
  )
)

const rows = Ledger.use((ledger) =>
  ledger.transact("count", (tx) =>
    [
      "leases",
      "resources",
      "addresses",
      "identifiers",
      "shares",
      "holds",
      "ports",
      "members",
      "locks",
      "networks"
    ].filter((table) => tx.get(`SELECT 1 FROM ${table} LIMIT 1`) !== undefined)
  )
)

describe("another boot", () => {
  it.effect.each(kinds)(
    "has no lease of the one before, and comes up again with the same names and new marks (%s)",
    (kind) =>
      Effect.gen(function* () {
        const made = yield* world
        const names = ["a", "b", "c"]
        const before = yield* Effect.forEach(names, (vm) => verb(made, (vmnet) => vmnet.up(on(vm, kind))))
        const mark = yield* command(made, marks)
        reboot(made)
        const empty = made.kernel.snapshot()
        assert.deepStrictEqual(yield* verb(made, (vmnet) => vmnet.list), [])
        assert.deepStrictEqual(yield* command(made, rows), [])
        assert.strictEqual((yield* verb(made, (vmnet) => vmnet.down("a"))).outcome, "absent")
        assert.deepStrictEqual((yield* verb(made, (vmnet) => vmnet.gc({ dryRun: false }))).actions, [])
        assert.deepStrictEqual(made.kernel.snapshot(), empty)
        const after = yield* Effect.forEach(names, (vm) => verb(made, (vmnet) => vmnet.up(on(vm, kind))))
        for (const [index, { attachment, existing }] of after.entries()) {
          const old = before[index]!.attachment
          assert.isFalse(existing)
          assert.deepStrictEqual(attachment, { ...old, generation: old.generation + 1 })
        }
        assert.isAbove(yield* command(made, marks), mark)
        for (const vm of names) yield* verb(made, (vmnet) => vmnet.down(vm))
        assert.deepStrictEqual(made.kernel.snapshot(), empty)
      })
  )

  it.effect.each(kinds)("belongs to whoever has the old names now (%s)", (kind) =>
    Effect.gen(function* () {
      const made = yield* world
      const { attachment: old } = yield* verb(made, (vmnet) => vmnet.up(on("a", kind)))
      reboot(made)
      const { foreign } = made.kernel
      if (old.device.netns === null) foreign.link(hostNetns, { link: old.device.name, type: "tun", up: true })
      else {
        made.kernel.addNetns(old.device.netns)
        foreign.link({ _tag: "Path", path: old.device.netns }, { link: old.device.name, type: "tun" })
      }
      const theirs = made.kernel.snapshot()
      yield* verb(made, (vmnet) => vmnet.down("a"))
      yield* verb(made, (vmnet) => vmnet.gc({ dryRun: false }))
      const { attachment } = yield* verb(made, (vmnet) => vmnet.up(on("a", kind)))
      assert.notDeepEqual([attachment.device.name, attachment.device.netns], [old.device.name, old.device.netns])
      yield* verb(made, (vmnet) => vmnet.down("a"))
      assert.deepStrictEqual(made.kernel.snapshot(), theirs)
    })
  )

  it.live("hands no address out twice, whoever comes back first", () =>
    Effect.gen(function* () {
      const made = yield* world
      const names = Array.from({ length: 20 }, (_, index) => `vm${index}`)
      for (const vm of names) yield* verb(made, (vmnet) => vmnet.up(on(vm, "bridge")))
      reboot(made)
      const ups = yield* command(
        made,
        Effect.forEach(names.toReversed(), (vm) => Vmnet.use((vmnet) => vmnet.up(on(vm, "bridge"))), { concurrency: 4 })
      )
      assert.strictEqual(new Set(ups.map(({ attachment }) => attachment.guest.address)).size, names.length)
    })
  )

  it.effect("has no pool and no owner of the one before", () =>
    Effect.gen(function* () {
      const made = yield* world
      const config = "networks: { n: { backend: tap, pool: { warm: 2 } } }"
      const owner = made.kernel.host.startProcess()
      const asked = request("a", { network: "n", config, owner })
      yield* verb(made, (vmnet) => vmnet.warm(asked.network))
      const { attachment } = yield* verb(made, (vmnet) => vmnet.up(asked))
      yield* verb(made, (vmnet) => vmnet.down("a"))
      reboot(made)
      // A process that happens to have the same pid.
      while (made.kernel.host.startProcess().pid < owner.pid) continue
      assert.deepStrictEqual((yield* verb(made, (vmnet) => vmnet.status)).pools, [])
      const warm = yield* verb(made, (vmnet) => vmnet.warm(asked.network))
      assert.deepStrictEqual([warm.made, warm.ready], [2, 2])
      const next = yield* verb(made, (vmnet) => vmnet.up(request("b", { network: "n", config })))
      assert.strictEqual(next.attachment.guest.address, attachment.guest.address)
    })
  )

  it.effect(
    "has parameters of its own: what was found before is nothing to put back, nor what other installs held",
    () =>
      Effect.gen(function* () {
        const made = yield* world
        yield* verb(made, (vmnet) => vmnet.up(on("a", "tap")), "aaaaaaaa")
        reboot(made)
        const fresh = made.kernel.snapshot()
        const ours = "bbbbbbbb"
        yield* verb(made, (vmnet) => vmnet.up(on("a", "tap")), ours)
        assert.strictEqual(made.kernel.snapshot()["host"]!.forwarding["all"], "1")
        yield* verb(made, (vmnet) => vmnet.down("a"), ours)
        assert.deepStrictEqual(made.kernel.snapshot(), fresh)
      })
  )
})
