import { assert, describe, it } from "@effect/vitest"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { CommandLine } from "#src/exec/CommandRunner"

const harness = fileURLToPath(new URL("support/execHarness.ts", import.meta.url))
const env = { PATH: "/usr/bin:/bin", VMNET_VM: "vm1" }

const words = (argv: CommandLine["argv"], rest: Partial<CommandLine> = {}): ReadonlyArray<string> => [
  harness,
  JSON.stringify({ argv, env, netns: null, ...rest } satisfies CommandLine)
]
const run = (...argv: CommandLine["argv"]) =>
  spawnSync(process.execPath, words(argv), { encoding: "utf8", input: "from the terminal\n" })

describe("running a command", () => {
  it("gives it our stdio, exactly its environment, and takes its exit code", () => {
    const { stdout, stderr, status } = run("/bin/sh", "-c", "cat; env; echo oops >&2; exit 42")
    assert.match(stdout, /^from the terminal\n/)
    assert.include(stdout, "VMNET_VM=vm1\n")
    assert.notInclude(stdout, "HOME=")
    assert.deepStrictEqual([stderr, status], ["oops\n", 42])
  })

  it("hands every argument over as it is", () => {
    const { stdout } = run("printf", "%s|", "$(x)", "a b", "", "*", "--")
    assert.strictEqual(stdout, "$(x)|a b||*|--|")
  })

  it("ends with 128+n when signal n ended it", () => {
    assert.strictEqual(run("/bin/sh", "-c", "kill -9 $$").status, 137)
  })

  it("ends with 127 for what is not found and 126 for what cannot be executed", () => {
    const directory = mkdtempSync(join(tmpdir(), "vmnet-exec-"))
    try {
      writeFileSync(join(directory, "plain"), "", { mode: 0o644 })
      assert.deepStrictEqual(
        [run("nonexistent-vmnet").status, run("nonexistent-vmnet").stderr],
        [127, "CommandNotRun: nonexistent-vmnet: not found\n"]
      )
      assert.strictEqual(run(join(directory, "plain")).status, 126)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

const trap = `
  trap 'echo term; exit 3' TERM
  trap 'echo int; exit 4' INT
  trap 'echo usr1; exit 5' USR1
  echo ready
  while :; do sleep 0.05; done`

describe("signals while the command runs", () => {
  it.each([
    ["SIGTERM", "term", 3],
    ["SIGINT", "int", 4],
    ["SIGUSR1", "usr1", 5]
  ] as const)("%s sent to vmnet goes to the command, which decides", async (signal, said, code) => {
    // A session of its own: no terminal whose ^C the command would have got already.
    const child = spawn(process.execPath, words(["/bin/sh", "-c", trap]), {
      stdio: ["ignore", "pipe", "inherit"],
      detached: true
    })
    let stdout = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (stdout === "") child.kill(signal)
      stdout += text
    })
    const [status] = (await once(child, "close")) as [number]
    assert.deepStrictEqual([stdout, status], [`ready\n${said}\n`, code])
  })
})
