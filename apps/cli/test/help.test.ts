import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync } from "node:child_process"
import { vmnet } from "#src/cli/program"
import { version } from "#src/version"
import { makeCli } from "./support/cli.ts"

const all = vmnet.subcommands.flatMap((group) => group.commands)
const paths = all.flatMap((command) => {
  const children = command.subcommands.flatMap((group) => group.commands)
  return children.length === 0 ? [[command.name]] : children.map((child) => [command.name, child.name])
})

describe("help", () => {
  it("there is every verb of this release", () => {
    const attached = ["up", "down", "ls", "show", "publish", "unpublish", "resolv-conf", "exec", "gc"]
    const verbs = [...attached, "config", "network", "status", "doctor", "demo"]
    assert.deepStrictEqual(
      all.map((command) => command.name),
      verbs
    )
  })

  it.effect.each(paths)("%j has a description, its usage and an example", (path) =>
    Effect.gen(function* () {
      const run = yield* makeCli()(...path, "--help")
      assert.deepStrictEqual([run.code, run.stderr, run.stateDirs.length], [0, "", 0])
      for (const section of ["DESCRIPTION\n", `USAGE\n  vmnet ${path.join(" ")}`, `EXAMPLES\n`]) {
        assert.include(run.stdout, section)
      }
      assert.notInclude(run.stdout, "[=boolean]")
    })
  )

  it.effect("the program itself lists them, and -h asks too", () =>
    Effect.gen(function* () {
      const { stdout } = yield* makeCli()("-h")
      for (const command of all) assert.include(stdout, `  ${command.name}`)
    })
  )

  it.effect("exec says where the command goes", () =>
    Effect.gen(function* () {
      assert.include((yield* makeCli()("exec", "--help")).stdout, "vmnet exec [flags] VM -- CMD...")
    })
  )

  it.effect("--version with other words around it is the same text", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* makeCli()("ls", "--version")).stdout, `vmnet v${version}\n`)
    })
  )
})

describe("completions", () => {
  it.effect.each(["bash", "zsh", "fish"])("for %s name the verbs and their options", (shell) =>
    Effect.gen(function* () {
      const run = yield* makeCli()("--completions", shell)
      assert.deepStrictEqual([run.code, run.stderr], [0, ""])
      for (const word of ["unpublish", "dry-run", "state-dir", "tap-owner"]) assert.include(run.stdout, word)
    })
  )

  it.effect("for bash are a script that bash can read", () =>
    Effect.gen(function* () {
      const { stdout } = yield* makeCli()("--completions", "bash")
      assert.strictEqual(String(execFileSync("bash", ["-n"], { input: stdout })), "")
    })
  )
})
