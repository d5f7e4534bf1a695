import { assert, describe, it } from "@effect/vitest"
import { type DriftItem, type RepairAction, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const attachments = [attachmentOf("vm1")]

const missing: DriftItem = {
  vm: "vm1",
  kind: "Tap",
  name: "vmtabcdefghijkl",
  netns: null,
  drift: "missing",
  detail: "it is not there"
}
const altered: DriftItem = {
  vm: null,
  kind: "Route",
  name: "default on eth0",
  netns: "/run/netns/vmnet-1",
  drift: "altered",
  detail: "share nat: via is 10.0.0.9, not 10.0.0.1",
  expected: "10.0.0.1",
  found: "10.0.0.9"
}

const restored: RepairAction = {
  action: "restored",
  reason: "it was missing",
  vm: "vm1",
  kind: "Tap",
  name: "vmtabcdefghijkl"
}
const left: RepairAction = {
  action: "left",
  reason: "share nat: somebody else's object is in its place: a tun without a tag",
  vm: null,
  kind: "Bridge",
  name: "vmbabcdefghijkl"
}

const denied = new VmnetError({ code: "NO_PERMISSION", detail: "changing the host's network needs CAP_NET_ADMIN" })

const errorIn = (stderr: string) =>
  (JSON.parse(stderr) as { readonly error: { readonly code: string; readonly details: unknown } }).error

describe("vmnet check", () => {
  it.effect("of what is as planned ends with 0 and finds nothing", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* makeCli({ attachments })("check")
      assert.deepStrictEqual([code, stdout, stderr], [0, '{"drift":[]}\n', ""])
    })
  )

  it.effect("ends with 8 for drift: the drift on stdout, how many and what puts it back on stderr", () =>
    Effect.gen(function* () {
      const cli = makeCli({ attachments, drift: [missing, altered] })
      const json = yield* cli("check", "--json")
      assert.strictEqual(json.code, 8)
      assert.deepStrictEqual(JSON.parse(json.stdout), { drift: [missing, altered] })
      assert.deepInclude(errorIn(json.stderr), { code: "DRIFT_FOUND", details: { drift: 2 } })
      const { code, stderr } = yield* cli("check", "vm1")
      assert.deepStrictEqual(
        [code, stderr],
        [8, "vmnet: 2 things are not as planned\nPut it back with: vmnet repair vm1\n"]
      )
    })
  )

  it.effect("gets a terminal one line for each", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* makeCli({ attachments, drift: [missing, altered], terminal: 200 })("check")
      assert.strictEqual(code, 8)
      const lines = stdout.trimEnd().split("\n")
      assert.strictEqual(lines.length, 3)
      assert.match(lines[0]!, /^DRIFT +VM +KIND +NAME +NETNS +DETAIL$/)
      assert.match(lines[1]!, /^missing +vm1 +Tap +vmtabcdefghijkl +host +it is not there$/)
      assert.match(
        lines[2]!,
        /^altered +Route +default on eth0 +\/run\/netns\/vmnet-1 +share nat: via is 10.0.0.9, not 10.0.0.1$/
      )
    })
  )

  it.effect("tells how many things are not as planned once, and never that all are", () =>
    Effect.gen(function* () {
      const { stderr } = yield* makeCli({ attachments, drift: [missing], terminal: 200 })("check")
      assert.strictEqual(stderr, "vmnet: 1 thing is not as planned\nPut it back with: vmnet repair\n")
    })
  )

  it.effect("lets no text that was found reach the terminal as it is", () =>
    Effect.gen(function* () {
      const hostile = { ...missing, name: "\u001b[2J", detail: "a\nb" }
      const { stdout } = yield* makeCli({ attachments, drift: [hostile], terminal: 200 })("check")
      assert.notInclude(stdout, "\u001b")
      assert.strictEqual(stdout.trimEnd().split("\n").length, 2)
    })
  )
})

describe("vmnet repair", () => {
  it.effect("with nothing to do ends with 0", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* makeCli({ attachments })("repair")
      assert.deepStrictEqual([code, stdout, stderr], [0, '{"actions":[]}\n', ""])
    })
  )

  it.effect("that puts everything back ends with 0", () =>
    Effect.gen(function* () {
      const cli = makeCli({ attachments, actions: [restored] })
      const { code, stderr, stdout } = yield* cli("repair", "vm1")
      assert.deepStrictEqual([code, JSON.parse(stdout), stderr], [0, { actions: [restored] }, ""])
    })
  )

  it.effect("that leaves something ends with 8, and says what and why", () =>
    Effect.gen(function* () {
      const world = { attachments, actions: [restored, left] }
      const json = yield* makeCli(world)("repair", "--json")
      assert.strictEqual(json.code, 8)
      assert.deepStrictEqual(JSON.parse(json.stdout), { actions: [restored, left] })
      assert.deepInclude(errorIn(json.stderr), { code: "DRIFT_FOUND", details: { left: 1 } })
      const table = yield* makeCli({ ...world, terminal: 200 })("repair")
      const lines = table.stdout.trimEnd().split("\n")
      assert.match(lines[0]!, /^ACTION +VM +KIND +NAME +REASON$/)
      assert.match(lines[1]!, /^restored +vm1 +Tap +vmtabcdefghijkl +it was missing$/)
      assert.match(lines[2]!, /^left +Bridge +vmbabcdefghijkl +share nat: somebody else's object is in its place/)
      assert.match(table.stderr, /1 thing is left as found/)
    })
  )
})

describe.each(["check", "repair"] as const)("vmnet %s", (verb) => {
  it.effect("that finds nothing tells a person so, below the headings of an empty table", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* makeCli({ attachments, terminal: 80 })(verb)
      const words = verb === "check" ? "every object on record is as planned" : "nothing to repair"
      assert.deepStrictEqual([code, stderr, stdout.trimEnd().split("\n").length], [0, `${words}\n`, 1])
      const json = yield* makeCli({ attachments, terminal: 80 })(verb, "--json")
      assert.deepStrictEqual(JSON.parse(json.stdout), verb === "check" ? { drift: [] } : { actions: [] })
    })
  )

  it.effect("of a VM that there is not ends with 3", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* makeCli({ attachments })(verb, "vm1", "nobody", "--json")
      assert.deepStrictEqual([code, stdout, errorIn(stderr).code], [3, "", "VM_NOT_FOUND"])
    })
  )

  it.effect("of what cannot be a VM ends with 2", () =>
    Effect.gen(function* () {
      const { code, stdout } = yield* makeCli({ attachments })(verb, "../vm1")
      assert.deepStrictEqual([code, stdout], [2, ""])
    })
  )

  it.effect("that fails as a whole prints no result", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* makeCli({ attachments, fail: { [verb]: denied } })(verb, "--json")
      assert.deepStrictEqual([code, stdout, errorIn(stderr).code], [6, "", "NO_PERMISSION"])
    })
  )
})
