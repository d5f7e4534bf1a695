import { assert, describe, it } from "@effect/vitest"
import { type GcAction, type GcOptions, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const deleted: GcAction = {
  action: "deleted",
  verdict: "owned",
  reason: "owned: its owner, process 7, is gone",
  vm: "vm1",
  kind: "Tap",
  name: "vmtabcdefghijkl",
  netns: null
}
const late: GcAction = { ...deleted, action: "skipped", verdict: "not-judged", reason: "not judged: time ran out" }
const busy = new VmnetError({ code: "BUSY", detail: "time ran out after 5 s" })
const stuck = new VmnetError({ code: "STEP_FAILED", detail: "vm1 is stuck" })

describe("vmnet gc", () => {
  it.effect.each([
    [[], { dryRun: false, forceHeuristic: false, timeout: 60 }],
    [["--dry-run"], { dryRun: true, forceHeuristic: false, timeout: 60 }],
    [["--force-heuristic", "--timeout", "5"], { dryRun: false, forceHeuristic: true, timeout: 5 }]
  ] as const)("%j asks for %j", ([flags, wanted]) =>
    Effect.gen(function* () {
      const asked: Array<GcOptions> = []
      const gc = (options: GcOptions) => {
        asked.push(options)
        return { actions: [], problems: [] }
      }
      assert.strictEqual((yield* makeCli({ gc })("gc", ...flags)).code, 0)
      assert.deepStrictEqual(asked, [wanted])
    })
  )

  it.effect.each(["0", "-5", "1.5", "soon"])("takes no %s for a time", (seconds) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* makeCli()("gc", `--timeout=${seconds}`)).code, 2)
    })
  )

  it.effect("prints every line with its verdict", () =>
    Effect.gen(function* () {
      const cli = makeCli({ gc: () => ({ actions: [deleted], problems: [] }) })
      assert.deepStrictEqual(JSON.parse((yield* cli("gc", "--json")).stdout), { actions: [deleted] })
      const table = makeCli({ gc: () => ({ actions: [deleted], problems: [] }), terminal: 120 })
      assert.match(
        (yield* table("gc")).stdout,
        /deleted +vm1 +Tap +vmtabcdefghijkl +host +owned: its owner, process 7, is gone/
      )
    })
  )

  it.effect("says where an object is, and on a terminal that there is nothing to do", () =>
    Effect.gen(function* () {
      const inside = { ...deleted, netns: "/run/netns/vmnet-1" }
      const table = makeCli({ gc: () => ({ actions: [inside], problems: [] }), terminal: 160 })
      assert.match((yield* table("gc")).stdout, /NETNS +REASON\n.* vmtabcdefghijkl +\/run\/netns\/vmnet-1 +owned:/)
      const none = makeCli({ gc: () => ({ actions: [], problems: [] }), terminal: 120 })
      assert.strictEqual((yield* none("gc")).stdout, "nothing to do\n")
      assert.deepStrictEqual(JSON.parse((yield* none("gc", "--json")).stdout), { actions: [] })
    })
  )

  it.effect.each([
    [[], 0],
    [[busy], 7],
    [[stuck], 1],
    [[busy, stuck], 1]
  ] as const)("with the problems %j the exit code is %d, and what was done is told all the same", ([problems, code]) =>
    Effect.gen(function* () {
      const run = yield* makeCli({ gc: () => ({ actions: [deleted, late], problems }) })("gc", "--json")
      assert.strictEqual(run.code, code)
      assert.deepStrictEqual(JSON.parse(run.stdout), { actions: [deleted, late] })
    })
  )
})

describe("vmnet down", () => {
  const attachments = [attachmentOf("vm1")]
  const left = [{ kind: "Tap", name: "vmtabcdefghijkl" }]

  it.effect("tells what it left because it is not ours", () =>
    Effect.gen(function* () {
      const run = yield* makeCli({ attachments, left })("down", "vm1")
      assert.deepStrictEqual(
        [run.code, run.stderr],
        [0, "vmnet: note: vm1: Tap vmtabcdefghijkl was left alone: it does not carry the VM's tag, so it is not ours\n"]
      )
      const json = yield* makeCli({ attachments, left })("down", "vm1", "--json")
      assert.deepStrictEqual(JSON.parse(json.stdout), { vms: [{ vm: "vm1", outcome: "removed", left }] })
    })
  )

  it.effect("says nothing of the sort where there is nothing", () =>
    Effect.gen(function* () {
      const run = yield* makeCli({ attachments })("down", "vm1", "--json")
      assert.deepStrictEqual(JSON.parse(run.stdout), { vms: [{ vm: "vm1", outcome: "removed" }] })
    })
  )
})
