import { afterAll, assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))
const reporter = join(root, "tooling", "vitest", "verdictReporter.ts")
mkdirSync(join(root, ".cache"), { recursive: true })
const directory = mkdtempSync(join(root, ".cache", "verdict-"))
afterAll(() => rmSync(directory, { recursive: true }))

/** Runs vitest on files that live only here: the repository's own lint rules forbid what they contain. */
const verdictOn = (name: string, body: string) => {
  const project = join(directory, name)
  mkdirSync(project)
  writeFileSync(join(project, "a.test.js"), `import { expect, it } from "vitest"\n${body}\n`)
  writeFileSync(
    join(project, "vitest.config.js"),
    `export default { test: { reporters: ["default", "${reporter}"] } }\n`
  )
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, "run", "--root", project], {
    env: { PATH: "/usr/bin:/bin" },
    encoding: "utf8"
  })
  return { status, stderr, lastLine: stdout.trimEnd().split("\n").at(-1) }
}

describe("the verdict", () => {
  it("is the last line of a run that passes", () => {
    const { status, lastLine } = verdictOn("pass", `it("a", () => {}); it("b", () => {})`)
    assert.deepStrictEqual([status, lastLine], [0, "2 passed, 0 failed"])
  })

  it("counts failures", () => {
    const { status, lastLine } = verdictOn("fail", `it("a", () => {}); it("b", () => expect(1).toBe(2))`)
    assert.deepStrictEqual([status, lastLine], [1, "1 passed, 1 failed"])
  })

  it("counts a skipped test as failed and names it", () => {
    const { status, lastLine, stderr } = verdictOn("skip", `it("a", () => {}); it.skip("left out", () => {})`)
    assert.deepStrictEqual([status, lastLine], [1, "1 passed, 1 failed"])
    assert.match(stderr, /did not run: a\.test\.js > left out/)
  })

  it("counts a test that gives up while running as failed", () => {
    const { status, lastLine } = verdictOn("giveUp", `it("a", () => {}); it("b", ({ skip }) => skip("no tool"))`)
    assert.deepStrictEqual([status, lastLine], [1, "1 passed, 1 failed"])
  })

  it("counts a file that cannot be loaded as failed", () => {
    const { status, lastLine } = verdictOn("broken", `throw new Error("broken")`)
    assert.deepStrictEqual([status, lastLine], [1, "0 passed, 1 failed"])
  })
})
