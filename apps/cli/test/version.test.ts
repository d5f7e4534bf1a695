import { assert, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

it("a bare --version prints the version of the manifest", () => {
  const { version } = JSON.parse(read("../package.json")) as { version: string }
  const stdout = execFileSync(process.execPath, [new URL("../src/bin.ts", import.meta.url).pathname, "--version"])
  assert.strictEqual(String(stdout), `vmnet v${version}\n`)
})
