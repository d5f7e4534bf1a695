import { assert, describe, it } from "@effect/vitest"
import { seen, VmnetError } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect } from "effect"
import { stateDirectory } from "../../../packages/core/test/doctor/support/facts.ts"
import { makeCli } from "./support/cli.ts"

const kernelWith = (facts: Parameters<ReturnType<typeof MemoryKernel.make>["host"]["setFacts"]>[0]) => {
  const kernel = MemoryKernel.make()
  kernel.host.setFacts(facts)
  return kernel.layer
}

interface Answer {
  readonly findings: ReadonlyArray<Readonly<Record<string, unknown>>>
}

const answer = (stdout: string): Answer => JSON.parse(stdout) as Answer

describe("vmnet doctor", () => {
  it.effect("prints every finding as JSON, and opens no ledger where there is none", () =>
    Effect.gen(function* () {
      const { code, stateDirs, stderr, stdout } = yield* makeCli()("doctor")
      assert.deepStrictEqual([code, stderr, stateDirs], [0, "", []])
      const { findings } = answer(stdout)
      assert.isAbove(findings.length, 14)
      for (const finding of findings) {
        assert.deepStrictEqual(Object.keys(finding), ["check", "status", "message", "fix", "details"])
      }
    })
  )

  it.effect("ends with 8 for a problem, which a terminal gets first and with its fix", () =>
    Effect.gen(function* () {
      const { code, stderr, stdout } = yield* makeCli({ survey: kernelWith({ tun: seen(null) }), terminal: 200 })(
        "doctor"
      )
      assert.deepStrictEqual([code, stderr], [8, ""])
      const lines = stdout.split("\n")
      assert.match(lines[1]!, /^problem {2}tun +there is no \/dev\/net\/tun/)
      assert.match(lines[2]!, /^ +fix: modprobe tun$/)
      assert.match(lines[3]!, /^ok /)
    })
  )

  it.effect("hostile text of the host cannot reach the terminal", () =>
    Effect.gen(function* () {
      const hostile = "\u001b[2J\nok"
      const nft = seen([
        {
          family: "ip",
          table: hostile,
          chains: [{ chain: hostile, hook: "forward", priority: 0, policy: "drop" as const, rules: [] }]
        }
      ])
      const { stdout } = yield* makeCli({ survey: kernelWith({ nft }), terminal: 200 })("doctor")
      assert.notInclude(stdout, "\u001b")
      assert.include(stdout, "\\u001b[2J\\u000aok")
    })
  )

  it.effect("a configuration or a ledger that cannot be read is a finding among the others", () =>
    Effect.gen(function* () {
      const missing = yield* makeCli()("doctor", "--config", "/nonexistent/vmnet.yaml")
      const [first, ...rest] = answer(missing.stdout).findings
      assert.deepStrictEqual([missing.code, first?.["check"], rest.length > 14], [8, "configuration", true])
      const nowhere = yield* makeCli({ uid: 1000, env: {} })("doctor")
      assert.strictEqual(nowhere.code, 0)
      const gone = new VmnetError({ code: "LEDGER_FAILED", detail: "disk image is malformed" })
      const broken = yield* makeCli({
        survey: kernelWith({ stateDirectory: seen(stateDirectory) }),
        fail: { gc: gone }
      })("doctor")
      const left = answer(broken.stdout).findings.find(({ check }) => check === "leftovers")
      assert.deepStrictEqual([broken.code, left?.["status"]], [8, "problem"])
    })
  )

  it.effect("--dry-run without --gc is refused", () =>
    Effect.gen(function* () {
      const { code, stderr } = yield* makeCli()("doctor", "--dry-run")
      assert.strictEqual(code, 2)
      assert.match(stderr, /--dry-run goes with --gc/)
    })
  )
})
