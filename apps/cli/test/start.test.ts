import { assert, it } from "@effect/vitest"
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const { version } = JSON.parse(readFileSync(path("../package.json"), "utf8")) as { version: string }

const inTemporaryDirectory = <A>(use: (directory: string) => A): A => {
  const directory = mkdtempSync(join(tmpdir(), "vmnet-start-"))
  try {
    return use(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

it("a bare --version prints the version of the manifest", () => {
  const stdout = execFileSync(process.execPath, [path("../src/bin.ts"), "--version"], { encoding: "utf8" })
  assert.strictEqual(stdout, `vmnet v${version}\n`)
})

it("the linked vmnet runs with the pinned Node from anywhere, whatever node is in PATH", () =>
  inTemporaryDirectory((directory) => {
    writeFileSync(join(directory, "node"), "#!/bin/sh\nexit 42\n", { mode: 0o755 })
    const { stdout, status } = spawnSync(path("../../../node_modules/.bin/vmnet"), ["--version"], {
      cwd: directory,
      env: { PATH: `${directory}:/usr/bin:/bin` },
      encoding: "utf8"
    })
    assert.deepStrictEqual([status, stdout], [0, `vmnet v${version}\n`])
  }))

it("before the build, vmnet says what to run", () =>
  inTemporaryDirectory((directory) => {
    cpSync(path("../bin"), join(directory, "bin"), { recursive: true })
    writeFileSync(join(directory, "package.json"), `{ "type": "module" }`)
    const { stderr, status } = spawnSync(process.execPath, [join(directory, "bin", "vmnet.js")], { encoding: "utf8" })
    assert.strictEqual(status, 1)
    assert.match(stderr, /pnpm build/)
  }))
