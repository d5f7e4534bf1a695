import { assert, describe, it } from "@effect/vitest"
import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const attachments = [attachmentOf("vm1")]
const pools = [
  { network: "fleet", ready: 3, leased: 1 },
  { network: "old", ready: 1, leased: 0 },
  { network: "busy", ready: 0, leased: 2 }
]
const note =
  "vmnet: note: the pool of fleet still has 3 devices ready; to remove them: vmnet network rm fleet\n" +
  "vmnet: note: the pool of old still has 1 device ready; to remove it: vmnet network rm old\n"

describe("pools", () => {
  it.effect("are in status, as JSON and as a table", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(JSON.parse((yield* makeCli({ pools })("status")).stdout).pools, pools)
      const table = (yield* makeCli({ pools, terminal: 100 })("status")).stdout
      assert.match(table, /^pools +fleet: 3 ready, 1 in use$/m)
      assert.match(table, /^ +busy: 0 ready, 2 in use$/m)
      assert.notInclude((yield* makeCli({ terminal: 100 })("status")).stdout, "pools")
    })
  )

  it.effect("are in the list of networks", () =>
    Effect.gen(function* () {
      const { stdout } = yield* makeCli({ pools, terminal: 100 })("network", "ls")
      assert.match(stdout, / FREE +POOL +FROM\nbridge .* 252 +3 ready, 1 in use +default$/m)
    })
  )

  it.effect("that still have devices are told by down --all, and by nothing else", () =>
    Effect.gen(function* () {
      for (const terminal of [{}, { terminal: 100 }]) {
        const all = yield* makeCli({ attachments, pools, ...terminal })("down", "--all")
        assert.strictEqual(all.code, 0)
        assert.include(all.stderr, note)
        assert.notInclude(all.stderr, "busy")
      }
      assert.notInclude((yield* makeCli({ attachments, pools })("down", "vm1")).stderr, "pool")
      assert.notInclude((yield* makeCli({ attachments, pools })("down", "--all", "--json")).stderr, "note")
    })
  )

  it.effect("are told beside what could not be taken down", () =>
    Effect.gen(function* () {
      const fail = { "down vm1": new VmnetError({ code: "STEP_FAILED", detail: "vm1 is stuck" }) }
      const run = yield* makeCli({ attachments, pools, fail })("down", "--all")
      assert.strictEqual(run.code, 1)
      assert.strictEqual(run.stderr, `${note}vmnet: vm1 is stuck\n`)
    })
  )
})
