import { assert, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { ip, run } from "./support/programs.ts"

const root = fileURLToPath(new URL("..", import.meta.url))

it("the example of the README runs, says what it did, and leaves nothing", () => {
  const code = /```ts\n([^]*?)```/.exec(readFileSync(`${root}/README.md`, "utf8"))?.[1] ?? ""
  const stdout = execFileSync(process.execPath, ["--input-type=module-typescript", "--eval", code], {
    cwd: root,
    encoding: "utf8"
  })
  assert.strictEqual(stdout, "vmb1 has 10.0.42.1/24 and belongs to vmnet:0a1b2c3d:@network.web:1\n")
  assert.deepStrictEqual(JSON.parse(ip("-j", "link")).length, 1)
  assert.strictEqual(run("nft", ["list", "tables"]), "")
})
