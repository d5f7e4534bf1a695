import { assert, describe, it } from "@effect/vitest"
import { hostNetns, Ledger, Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { type Machine, machine, onMachine, request, services, stubborn } from "./memory.ts"

const gc = Vmnet.use((vmnet) => vmnet.gc({ dryRun: false }))

/** What a repair leaves on record that died before it could confirm what it had made. */
const diedOver = (subject: string, kind: string) =>
  Effect.flatMap(Ledger, (ledger) =>
    ledger.transact("prepare a test", (tx) =>
      tx.run(
        "UPDATE resources SET state = 'repairing' WHERE subject = ? AND json_extract(resource, '$.kind') = ?",
        subject,
        kind
      )
    )
  )

const upWithTap = Effect.fnUntraced(function* ({ kernel }: Machine, vm: string) {
  const { attachment } = yield* Vmnet.use((vmnet) => vmnet.up(request(vm, { backend: "tap" })))
  const { name } = attachment.device
  yield* diedOver(vm, "Tap")
  kernel.foreign.apply(hostNetns, { _tag: "SetMtu", link: name, mtu: 1400 })
  return name
})

const hasLink = ({ kernel }: Machine, name: string): boolean =>
  kernel.snapshot()["host"]!.links.some(({ link }) => link === name)

describe("gc after a repair that died", () => {
  it.live("takes a device that is half made, and leaves one that somebody uses by now", () =>
    onMachine((made) =>
      Effect.gen(function* () {
        const [half, used] = [yield* upWithTap(made, "half"), yield* upWithTap(made, "used")]
        const vmm = made.kernel.host.startProcess()
        made.kernel.host.openTap(vmm.pid, used)
        const { problems } = yield* gc
        assert.deepStrictEqual(problems, [])
        assert.deepStrictEqual([hasLink(made, half), hasLink(made, used)], [false, true])
        yield* Vmnet.use((vmnet) => vmnet.repair(["used"]))
        assert.deepStrictEqual((yield* Vmnet.use((vmnet) => vmnet.check(["used"]))).drift, [])
      })
    )
  )

  it.live("never takes the rules for half made: they are made at once, so somebody has changed them", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        yield* Vmnet.use((vmnet) => vmnet.up(request("vm1", { backend: "tap" })))
        yield* diedOver("@nat", "NatLayout")
        kernel.foreign.damageLayout(hostNetns)
        const before = kernel.snapshot()
        yield* gc
        assert.deepStrictEqual(kernel.snapshot(), before)
      })
    )
  )

  it.live("names what it cannot take back, and goes on with the others", () =>
    Effect.gen(function* () {
      const made = yield* machine
      const stuck = new Set<string>()
      yield* Effect.gen(function* () {
        const [first, second] = [yield* upWithTap(made, "vm1"), yield* upWithTap(made, "vm2")]
        stuck.add(first)
        const { actions, problems } = yield* gc
        assert.deepStrictEqual(
          problems.map(({ code }) => code),
          ["STEP_FAILED"]
        )
        assert.deepInclude(
          actions.find(({ name }) => name === first),
          { action: "skipped", verdict: "owned" }
        )
        assert.deepStrictEqual([hasLink(made, first), hasLink(made, second)], [true, false])
      }).pipe(Effect.provide(services(made, stubborn(stuck))))
    }).pipe(Effect.scoped)
  )
})
