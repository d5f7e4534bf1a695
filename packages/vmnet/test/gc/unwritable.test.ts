import { assert, describe, it } from "@effect/vitest"
import { Backends, type HostProbe, layerLedgerSqlite, layerVmnet, Ledger, Vmnet, VmnetError } from "@vmnet/core"
import { Effect, Layer, References } from "effect"
import { backends, install, type Machine, machine, request } from "./memory.ts"

/** How many transactions there are to be; then the file system takes no writes. */
interface Disk {
  left: number
}

const unwritable = (stateDir: string) =>
  new VmnetError({
    code: "LEDGER_FAILED",
    detail: `the ledger in ${stateDir} is not writable: disk I/O error`,
    details: { ledger: "unwritable", stateDir }
  })

/** The ledger on such a disk; `hasCopy` says whether a copy of it can be made to go on with. */
const ledgerOn = (stateDir: string, disk: Disk, hasCopy: boolean) =>
  Layer.effect(
    Ledger,
    Effect.map(Ledger, ({ recovery, transact, ...ledger }) => ({
      ...ledger,
      ...(hasCopy && recovery !== undefined && { recovery }),
      transact: (name, f) =>
        Effect.suspend(() => (disk.left-- > 0 ? transact(name, f) : Effect.fail(unwritable(stateDir))))
    }))
  ).pipe(Layer.provide(layerLedgerSqlite({ stateDir, install })))

const services = ({ kernel, stateDir }: Machine, disk: Disk, hasCopy: boolean): Layer.Layer<Vmnet | HostProbe> =>
  layerVmnet.pipe(
    Layer.provide(ledgerOn(stateDir, disk, hasCopy)),
    Layer.provideMerge(kernel.layer),
    Layer.provide(Backends.layerOf(backends)),
    Layer.orDie,
    Layer.fresh
  )

/** Two VMs of owners that are gone, collected on a disk with room for only so many transactions. */
const collected = Effect.fnUntraced(function* (room: number, hasCopy: boolean) {
  const made = yield* machine
  const disk: Disk = { left: Number.POSITIVE_INFINITY }
  const before = made.kernel.snapshot()
  return yield* Effect.gen(function* () {
    const vmnet = yield* Vmnet
    for (const [vm, backend] of [
      ["vm1", "netns"],
      ["vm2", "tap"]
    ] as const) {
      const owner = made.kernel.host.startProcess()
      yield* vmnet.up(request(vm, { backend, publish: [`${vm === "vm1" ? 8081 : 8082}:80`] }, owner))
      made.kernel.host.endProcess(owner.pid)
    }
    disk.left = room
    const result = yield* Effect.result(vmnet.gc({ dryRun: false }))
    const used = room - disk.left
    disk.left = Number.POSITIVE_INFINITY
    const again = yield* vmnet.gc({ dryRun: false })
    return { result, used, again, before, after: made.kernel.snapshot() }
  }).pipe(Effect.provide(services(made, disk, hasCopy)), Effect.provideService(References.MinimumLogLevel, "Error"))
}, Effect.scoped)

describe("gc whose ledger takes no writes from some moment on", () => {
  for (const hasCopy of [true, false]) {
    const outcome = hasCopy ? "goes on over a copy of it" : "fails with what is wrong, where there is no copy"
    it.live(
      `${outcome}, and never takes that for the trouble of one VM`,
      () =>
        Effect.gen(function* () {
          const whole = yield* collected(1000, hasCopy)
          assert.isAbove(whole.used, 10)
          for (let room = 0; room < whole.used; room++) {
            const { after, again, before, result } = yield* collected(room, hasCopy)
            const when = `after ${room} of ${whole.used} transactions`
            if (result._tag === "Failure")
              assert.deepStrictEqual([result.failure.code, hasCopy], ["LEDGER_FAILED", false], when)
            // Without a copy only what comes last may fail unseen: giving a lock back.
            else assert.deepStrictEqual(result.success.problems, [], when)
            assert.deepStrictEqual(again.problems, [], when)
            assert.deepStrictEqual(after, before, when)
          }
        }),
      60_000
    )
  }
})
