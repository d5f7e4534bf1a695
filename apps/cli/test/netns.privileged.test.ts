import { assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { readFileSync, readlinkSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { CommandLine, NetnsFile } from "#src/exec/CommandRunner"
import { startTimeOf } from "#src/exec/procStat"

const harness = fileURLToPath(new URL("support/execHarness.ts", import.meta.url))

/** A process in a network namespace that nothing else is in; it ends when its stdin does. */
const holder = async (): Promise<ChildProcess & { readonly pid: number }> => {
  const child = spawn("unshare", ["--net", "sh", "-c", "echo in; cat"], { stdio: ["pipe", "pipe", "inherit"] })
  await once(child.stdout, "data")
  return child as ChildProcess & { readonly pid: number }
}

const withHolder = async (use: (pid: number) => void): Promise<void> => {
  const child = await holder()
  try {
    use(child.pid)
  } finally {
    child.stdin?.end()
    await once(child, "exit")
  }
}

const run = (netns: NetnsFile, ...argv: CommandLine["argv"]) => {
  const env = { PATH: "/usr/sbin:/usr/bin:/bin" }
  const words = [harness, JSON.stringify({ argv, env, netns } satisfies CommandLine)]
  return spawnSync(process.execPath, words, { encoding: "utf8" })
}

const netnsOf = (pid: number): NetnsFile => ({ path: `/proc/${pid}/ns/net` })

describe("running a command in a network namespace", () => {
  it("puts it there, and no open descriptor with it", () =>
    withHolder((pid) => {
      const inherited = spawnSync("ls", ["/proc/self/fd"], { encoding: "utf8" }).stdout.trimEnd().split("\n")
      const netns = { ...netnsOf(pid), process: { pid, startTime: startTimeOf(pid) } }
      const { stdout, status } = run(netns, "sh", "-c", "readlink /proc/self/ns/net; ls /proc/self/fd")
      const [where, ...descriptors] = stdout.trimEnd().split("\n")
      assert.strictEqual(where, readlinkSync(`/proc/${pid}/ns/net`))
      assert.notStrictEqual(where, readlinkSync("/proc/self/ns/net"))
      assert.deepStrictEqual([descriptors, status], [inherited, 0])
    }))

  it("takes its exit code, 127 when it is not found there", () =>
    withHolder((pid) => {
      assert.strictEqual(run(netnsOf(pid), "sh", "-c", "exit 42").status, 42)
      assert.strictEqual(run(netnsOf(pid), "nonexistent-vmnet").status, 127)
      assert.strictEqual(run(netnsOf(pid), "sh", "-c", "kill -9 $$").status, 137)
    }))

  it("refuses a recycled pid and a namespace that is gone", () =>
    withHolder((pid) => {
      const other = run({ ...netnsOf(pid), process: { pid, startTime: "1" } }, "true")
      assert.strictEqual(other.status, 1)
      assert.match(other.stderr, /is another one now/)
      const gone = run({ path: "/run/netns/nonexistent-vmnet" }, "true")
      assert.match(gone.stderr, /^STEP_FAILED: network namespace \/run\/netns\/nonexistent-vmnet cannot be opened/)
    }))

  it("needs CAP_SYS_ADMIN and says so", () =>
    withHolder((pid) => {
      const env = { PATH: "/usr/sbin:/usr/bin:/bin" }
      const command = JSON.stringify({ argv: ["true"], env, netns: netnsOf(pid) } satisfies CommandLine)
      const { stderr, status } = spawnSync(
        "setpriv",
        ["--bounding-set=-sys_admin", "--inh-caps=-sys_admin", process.execPath, harness, command],
        { encoding: "utf8" }
      )
      assert.deepStrictEqual([stderr.split(":")[0], status], ["NO_PERMISSION", 6])
    }))
})

it("knows its start time as the kernel tells it", () => {
  assert.strictEqual(startTimeOf(process.pid), readFileSync("/proc/self/stat", "utf8").split(") ")[1]!.split(" ")[19])
})
