import { assert, describe, it } from "@effect/vitest"
import { Commands, type CommandSpec } from "@vmnet/core"
import { CommandsExeca } from "@vmnet/ops-exec"
import { Effect, Fiber } from "effect"
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs"
import { until } from "../support/processes.ts"

const run = (program: string, args: ReadonlyArray<string>, more: Partial<CommandSpec> = {}) =>
  Commands.use((commands) => commands.run({ program, args, ...more })).pipe(Effect.provide(CommandsExeca.layer))

const commandLine = (pid: string): ReadonlyArray<string> => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")
  } catch {
    return []
  }
}

/** How many processes have this as an argument of their own. */
const running = (argument: string): number =>
  readdirSync("/proc").filter((entry) => /^\d+$/.test(entry) && commandLine(entry).includes(argument)).length

/** `timeout` and the `sleep` it starts: a child and a grandchild of ours, told from others by an odd duration. */
const family = (seconds: string) => run("timeout", ["600", "sleep", seconds])

describe("a program", () => {
  it.live("ends with a result, whatever its exit code", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("true", []), { exitCode: 0, stdout: "", stderr: "" })
      assert.strictEqual((yield* run("false", [])).exitCode, 1)
      const { exitCode, stderr } = yield* run("cat", ["--", "/nowhere"])
      assert.strictEqual(exitCode, 1)
      assert.include(stderr, "No such file or directory")
    })
  )

  it.live("gets its arguments as they are: nothing is expanded, split or run", () =>
    Effect.gen(function* () {
      const odd = ["$HOME", "$(reboot)", "`id`", "a b", "*", ";", "-n", "", "\n", "'", '"', "\\"]
      const { stdout } = yield* run("printf", ["%s\\0", ...odd])
      assert.deepStrictEqual(stdout.split("\0").slice(0, -1), odd)
    })
  )

  it.live("has a closed standard input unless it is given one, which it can also open by name", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* run("cat", [])).stdout, "")
      assert.strictEqual((yield* run("cat", [], { stdin: "héllo\n" })).stdout, "héllo\n")
      assert.strictEqual((yield* run("cat", ["/dev/stdin"], { stdin: "by name" })).stdout, "by name")
      const long = "0123456789".repeat(300_000)
      assert.strictEqual((yield* run("wc", ["-c"], { stdin: long })).stdout.trim(), "3000000")
      assert.strictEqual((yield* run("true", [], { stdin: long })).exitCode, 0)
    })
  )

  it.live("knows nothing of our environment", () =>
    Effect.gen(function* () {
      process.env["VMNET_TEST_SECRET"] = "secret"
      const { stdout } = yield* run("env", [])
      delete process.env["VMNET_TEST_SECRET"]
      assert.deepStrictEqual(stdout.trim().split("\n").sort(), ["LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
      assert.strictEqual((yield* run("pwd", [])).stdout, "/\n")
    })
  )

  it.live("gets descriptors as 3, 4, ... whatever their numbers are here", () =>
    Effect.gen(function* () {
      const open = Array.from({ length: 20 }, () => openSync("/proc/version", "r"))
      const own = open.slice(-2)
      const { stdout } = yield* run("cat", ["/proc/self/fd/3", "/proc/self/fd/4"], { descriptors: own })
      for (const fd of open) closeSync(fd)
      assert.strictEqual(stdout, readFileSync("/proc/version", "utf8").repeat(2))
    })
  )
})

describe("a program that does not end well", () => {
  const failing = (program: string, args: ReadonlyArray<string>, more: Partial<CommandSpec> = {}) =>
    Effect.flip(run(program, args, more))

  it.live("is not found, or not looked for outside the system's directories", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* failing("vmnet-no-such-program", [])).reason, "NotFound")
      for (const program of ["/usr/bin/true", "../bin/true", "./true", "", "a b", "-x"]) {
        assert.strictEqual((yield* failing(program, [])).reason, "NotTrusted", program)
      }
    })
  )

  it.live("is cut off when it prints without end", () =>
    Effect.gen(function* () {
      const error = yield* failing("yes", [])
      assert.strictEqual(error.reason, "OutputTooLong")
      assert.strictEqual((yield* failing("cat", ["a\0b"])).reason, "Failed")
    })
  )

  it.live("is killed when its time is up, with everything it started", () =>
    Effect.gen(function* () {
      const error = yield* failing("timeout", ["600", "sleep", "599.125"], { timeout: 300 })
      assert.deepInclude({ ...error }, { reason: "TimedOut", program: "timeout" })
      // The signal is sent to the whole group; who is not our child may take a moment to be gone.
      yield* until("none of them runs", () => running("599.125") === 0)
    })
  )

  it.live("is killed when its fiber is interrupted, with everything it started", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(family("599.25"))
      yield* until("both processes run", () => running("599.25") === 2)
      yield* Fiber.interrupt(fiber)
      yield* until("none of them runs", () => running("599.25") === 0)
    })
  )

  it.live("is reported when somebody else kills it", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(run("sleep", ["599.5"])))
      yield* until("it runs", () => running("599.5") === 1)
      const pid = readdirSync("/proc").find((entry) => commandLine(entry).includes("599.5"))
      process.kill(Number(pid), "SIGTERM")
      const error = yield* Fiber.join(fiber)
      assert.deepInclude({ ...error }, { reason: "Killed", detail: "ended by SIGTERM" })
    })
  )

  it.live("leaves no descriptor open here", () =>
    Effect.gen(function* () {
      const count = () => readdirSync("/proc/self/fd").length
      yield* run("cat", [], { stdin: "once, for what stays open anyway" })
      const before = count()
      yield* Effect.all(
        Array.from({ length: 10 }, () => run("cat", [], { stdin: "x" })),
        { concurrency: 5 }
      )
      yield* failing("sleep", ["599.75"], { timeout: 50, stdin: "x" })
      yield* until("the pipes are closed", () => count() <= before)
    })
  )
})
