import { assert, describe, it } from "@effect/vitest"
import { type GcAction, type GcResult, hostNetns, Ledger, Vmnet } from "@vmnet/core"
import { leaseRows } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { kinds, machine, onMachine, request, services, stubborn } from "./memory.ts"

const gc = (dryRun = false) => Vmnet.use((vmnet) => vmnet.gc({ dryRun }))

const words = ({ actions }: GcResult, action: GcAction["action"]): ReadonlyArray<string> =>
  actions.flatMap((one) => (one.action === action ? [`${one.kind} ${one.name}: ${one.reason}`] : []))

const asRehearsed = ({ action, ...rest }: GcAction): GcAction => ({
  ...rest,
  action: action === "deleted" ? "would-delete" : action
})

/** Rows of the ledger as SQL, for what only a crash leaves. */
const sql = (statement: string, ...values: ReadonlyArray<string | number>) =>
  Effect.flatMap(Ledger, (ledger) => ledger.transact("prepare a test", (tx) => tx.run(statement, ...values)))

describe.each(kinds)("gc of the %s backend", (backend) => {
  it.live("takes what a dead owner had, says so as it rehearsed, and leaves the VM beside it alone", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("alive", { backend }))
        const [before, rowsBefore] = [kernel.snapshot(), yield* leaseRows]
        const owner = kernel.host.startProcess()
        yield* vmnet.up(request("dead", { backend, publish: ["8080:80"] }, owner))
        kernel.host.endProcess(owner.pid)
        const up = kernel.snapshot()
        const rowsUp = yield* leaseRows
        const would = yield* gc(true)
        assert.deepStrictEqual([kernel.snapshot(), yield* leaseRows], [up, rowsUp])
        const { actions, problems } = yield* gc()
        assert.deepStrictEqual(problems, [])
        assert.deepStrictEqual(actions.map(asRehearsed), [...would.actions])
        assert.isAtLeast(words(would, "would-delete").length, 3)
        for (const { reason, vm, verdict } of would.actions) {
          if (vm === "alive") assert.deepStrictEqual([verdict, reason], ["in-use", "in use: it has no owner process"])
          else assert.deepStrictEqual([verdict, reason], ["owned", `owned: its owner, process ${owner.pid}, is gone`])
        }
        assert.deepStrictEqual(kernel.snapshot(), before)
        assert.deepStrictEqual((yield* leaseRows).resources, rowsBefore.resources)
      })
    )
  )

  it.live("finishes a down that was killed, though the VM's owner and maker run, and the shared goes with it", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const before = kernel.snapshot()
        const owner = kernel.host.startProcess()
        yield* Vmnet.use((vmnet) => vmnet.up(request("vm1", { backend }, owner)))
        yield* sql("UPDATE leases SET state = 'releasing'")
        const would = yield* gc(true)
        const done = yield* gc()
        assert.deepStrictEqual(words(done, "deleted"), words(would, "would-delete"))
        assert.deepStrictEqual(kernel.snapshot(), before)
        assert.deepStrictEqual((yield* gc()).actions, [])
      })
    )
  )
})

describe("gc", () => {
  it.live("takes back what was begun for a VM that is up, and the VM stays", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1"))
        const before = kernel.snapshot()
        const { actions: none } = yield* gc()
        yield* vmnet.publish("vm1", request("vm1", { publish: ["8080:80"] }).publish)
        yield* sql("UPDATE resources SET state = 'intent' WHERE key LIKE '%publish%'")
        const would = yield* gc(true)
        assert.deepStrictEqual(words(would, "would-delete"), [
          "NatElement publish *:8080/tcp: owned: a change of the VM did not come to its end; the VM stays"
        ])
        assert.deepStrictEqual(words(yield* gc(), "deleted"), words(would, "would-delete"))
        assert.deepStrictEqual(kernel.snapshot(), before)
        assert.deepStrictEqual((yield* gc()).actions, none)
        assert.strictEqual((yield* vmnet.show("vm1")).attachment.state, "active")
      })
    )
  )

  it.live("says what is not ours, and does not touch it", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const owner = kernel.host.startProcess()
        const { attachment } = yield* Vmnet.use((vmnet) => vmnet.up(request("vm1", {}, owner)))
        kernel.foreign.alias(hostNetns, attachment.device.name, "vmnet:ffffffff:vm1:1")
        kernel.host.endProcess(owner.pid)
        for (const dryRun of [true, false]) {
          const { actions, problems } = yield* gc(dryRun)
          assert.deepStrictEqual(problems, [])
          assert.deepInclude(
            actions.find(({ name }) => name === attachment.device.name),
            { action: "skipped", verdict: "not-owned", reason: "not owned: it does not carry our tag" }
          )
        }
        assert.isTrue(kernel.snapshot()["host"]!.links.some(({ link }) => link === attachment.device.name))
      })
    )
  )

  it.live("names what cannot be removed, keeps it on record, and takes it another time", () =>
    Effect.gen(function* () {
      const made = yield* machine
      const before = made.kernel.snapshot()
      const stuck = new Set<string>()
      yield* Effect.gen(function* () {
        const owner = made.kernel.host.startProcess()
        const { attachment } = yield* Vmnet.use((vmnet) => vmnet.up(request("vm1", {}, owner)))
        const { name } = attachment.device
        made.kernel.host.endProcess(owner.pid)
        stuck.add(name)
        const { actions, problems } = yield* gc()
        assert.deepStrictEqual(
          problems.map(({ code }) => code),
          ["STEP_FAILED"]
        )
        const line = actions.find((one) => one.name === name)
        assert.deepInclude(line, { action: "skipped", verdict: "owned", vm: "vm1", kind: "Tap" })
        assert.match(line!.reason, /^owned: it could not be removed: .*it stays/)
        assert.deepInclude(
          actions.find(({ kind }) => kind === "Lease"),
          { action: "skipped", verdict: "owned" }
        )
        const { attachment: kept, problems: told } = yield* Vmnet.use((vmnet) => vmnet.show("vm1"))
        assert.strictEqual(kept.state, "failed")
        assert.match(told.join(), /it stays/)
        stuck.clear()
        assert.deepStrictEqual((yield* gc()).problems, [])
        assert.deepStrictEqual(made.kernel.snapshot(), before)
      }).pipe(Effect.provide(services(made, stubborn(stuck))))
    }).pipe(Effect.scoped)
  )

  it.live("waits for nobody: a VM that somebody is at work on is in use", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const owner = kernel.host.startProcess()
        yield* Vmnet.use((vmnet) => vmnet.up(request("vm1", {}, owner)))
        kernel.host.endProcess(owner.pid)
        const worker = kernel.host.startProcess()
        yield* sql(
          "INSERT INTO locks (key, token, pid, start, boot) VALUES ('vm vm1', 'theirs', ?, ?, ?)",
          worker.pid,
          worker.startTime,
          worker.bootId
        )
        for (const dryRun of [true, false]) {
          assert.deepStrictEqual((yield* gc(dryRun)).actions, [
            {
              action: "skipped",
              verdict: "in-use",
              reason: `in use: process ${worker.pid} is at work on it`,
              vm: "vm1",
              kind: "Lease",
              name: "vm1",
              netns: null
            }
          ])
        }
        kernel.host.endProcess(worker.pid)
        const { actions } = yield* gc()
        assert.deepInclude(actions[0], { action: "deleted", kind: "Lock", name: "vm vm1" })
        assert.isTrue(actions.some(({ action, kind }) => action === "deleted" && kind === "Lease"))
      })
    )
  )

  it.live("begins nothing when its time is over, and says what it has not looked at", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const owner = kernel.host.startProcess()
        yield* Vmnet.use((vmnet) => vmnet.up(request("vm1", {}, owner)))
        kernel.host.endProcess(owner.pid)
        const { actions, problems } = yield* Vmnet.use((vmnet) => vmnet.gc({ dryRun: false, timeout: 1e-9 }))
        assert.deepStrictEqual(
          actions.map(({ verdict, kind }) => [verdict, kind]),
          [["not-judged", "Lease"]]
        )
        assert.deepStrictEqual(
          problems.map(({ code }) => code),
          ["BUSY"]
        )
        assert.isTrue((yield* gc()).actions.some(({ action }) => action === "deleted"))
      })
    )
  )

  it.live.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("takes no %d for a time", (timeout) =>
    onMachine(() =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Vmnet.use((vmnet) => vmnet.gc({ dryRun: false, timeout })))
        assert.strictEqual(error.code, "BAD_INPUT")
      })
    )
  )

  it.live("may change nothing without the rights, and leaves every record as it was", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const owner = kernel.host.startProcess()
        yield* Vmnet.use((vmnet) => vmnet.up(request("vm1", {}, owner)))
        kernel.host.endProcess(owner.pid)
        const rows = yield* leaseRows
        kernel.host.setMissingCapabilities(["CAP_NET_ADMIN"])
        const { problems } = yield* gc()
        assert.deepStrictEqual(
          problems.map(({ code }) => code),
          ["NO_PERMISSION"]
        )
        assert.deepStrictEqual(yield* leaseRows, rows)
      })
    )
  )

  it.live("down tells what it left because it is not ours", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(request("vm1"))
        const { name } = attachment.device
        kernel.foreign.alias(hostNetns, name, "somebody's")
        assert.deepStrictEqual(yield* vmnet.down("vm1"), {
          vm: "vm1",
          outcome: "removed",
          left: [{ kind: "Tap", name }]
        })
      })
    )
  )
})
