import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync, readFileSync } from "node:fs"
import { setTimeout } from "node:timers/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { lockedLedger } from "./support/lockedLedger.ts"
import { makeBundle } from "./support/bundle.ts"

let bundle: Awaited<ReturnType<typeof makeBundle>>
let stateDir: string

beforeAll(async () => {
  bundle = await makeBundle()
  stateDir = join(bundle.directory, "state")
})
afterAll(() => bundle.remove())

// The cache of root's compiled code is the host's: a test leaves none.
const env = { PATH: process.env["PATH"], NODE_DISABLE_COMPILE_CACHE: "1" }

const run = (...argv: ReadonlyArray<string>) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle.program, ...argv], { encoding: "utf8", env })
  return { status, stdout, stderr }
}

describe("the bundled program", () => {
  it("tells its version, alone and among other words", () => {
    const { version } = JSON.parse(readFileSync(join(bundle.directory, "package.json"), "utf8")) as { version: string }
    const expected = { status: 0, stdout: `vmnet v${version}\n`, stderr: "" }
    assert.deepStrictEqual(run("--version"), expected)
    assert.deepStrictEqual(run("up", "--version"), expected)
  })

  it("refuses what it does not understand with exit 2 and nothing on stdout", () => {
    assert.deepStrictEqual(run("lss"), {
      status: 2,
      stdout: "",
      stderr: 'vmnet: unknown command "lss", did you mean ls?\nsee vmnet --help\n'
    })
    const { status, stdout, stderr } = run("up", "--json")
    assert.deepStrictEqual([status, stdout], [2, ""])
    assert.deepStrictEqual(JSON.parse(stderr), {
      error: { code: "BAD_INPUT", message: "VM is missing", details: {}, hint: "see vmnet up --help" }
    })
  })

  it("prints JSON in a pipe and no colour, also in help", () => {
    assert.deepStrictEqual(run("ls", "--state-dir", stateDir), { status: 0, stdout: '{"vms":[]}\n', stderr: "" })
    assert.notInclude(run("up", "--help").stdout, "\u001b")
    assert.strictEqual(JSON.parse(run("config", "schema").stdout).type, "object")
  })

  it("loads every command", () => {
    assert.strictEqual(run("status", "--state-dir", stateDir).status, 0)
    assert.strictEqual(run("network", "ls", "--state-dir", stateDir).status, 0)
    assert.strictEqual(run("config", "show").status, 0)
    assert.strictEqual(run("down", "--all", "--state-dir", stateDir).status, 0)
    assert.strictEqual(run("show", "vm1", "--state-dir", stateDir).status, 3)
    assert.strictEqual(run("exec", "vm1", "--state-dir", stateDir, "--", "true").status, 3)
    assert.strictEqual(run("publish", "vm1", "80:80", "--state-dir", stateDir).status, 3)
  })

  it("is silent when its reader has left", async () => {
    const child = spawn(process.execPath, [bundle.program, "config", "schema"], {
      stdio: ["ignore", "pipe", "pipe"],
      env
    })
    child.stdout.destroy()
    let stderr = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const [status] = (await once(child, "close")) as [number]
    assert.deepStrictEqual([status, stderr], [0, ""])
  })

  it("fails when its result cannot be written", () => {
    const full = openSync("/dev/full", "w")
    const { status, stderr } = spawnSync(process.execPath, [bundle.program, "config", "schema"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
      env
    })
    closeSync(full)
    assert.strictEqual(status, 1)
    assert.match(stderr, /^vmnet: the result could not be written: .*no space left/)
  })
})

describe("signals", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129]
  ] as const)("%s ends what waits with exit code %i, and takes back what it held", async (signal, code) => {
    const ledger = lockedLedger(stateDir, "vm1")
    const child = spawn(process.execPath, [bundle.program, "down", "vm1", "-v", "--state-dir", stateDir], { env })
    let stderr = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    while (!ledger.isOpenIn(child.pid!)) await setTimeout(20)
    child.kill(signal)
    const [status] = (await once(child, "close")) as [number]
    assert.deepStrictEqual([status, stderr, ledger.holders()], [code, "", [process.pid]])
    ledger.unlock()
  })

  it("a second one forces what the first could not stop", async () => {
    const harness = fileURLToPath(new URL("support/stuckHarness.ts", import.meta.url))
    const child = spawn(process.execPath, [harness], { stdio: ["ignore", "pipe", "inherit"] })
    const said = child.stdout.setEncoding("utf8")[Symbol.asyncIterator]() as AsyncIterator<string>
    assert.strictEqual((await said.next()).value, "ready\n")
    child.kill("SIGINT")
    assert.strictEqual((await said.next()).value, "int\n")
    assert.strictEqual(child.exitCode, null)
    child.kill("SIGTERM")
    assert.deepStrictEqual(await once(child, "exit"), [null, "SIGTERM"])
  })
})
