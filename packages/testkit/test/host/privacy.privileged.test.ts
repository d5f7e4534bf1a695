import { assert, it } from "@effect/vitest"
import { enterArgv, isPrivate, privacyGaps } from "@vmnet/testkit"
import { execFileSync } from "node:child_process"

const program = `
  import { Effect } from "effect"
  import { isPrivate, privacyGaps, PrivateHost } from "@vmnet/testkit"
  const made = await Effect.runPromise(Effect.result(Effect.scoped(PrivateHost.make())))
  console.log(JSON.stringify({ private: isPrivate(), gaps: privacyGaps(), made: made._tag, links: made.failure?.message }))
`

const report = (prefix: ReadonlyArray<string>, env: Record<string, string> = {}) => {
  const [file = "", ...args] = [...prefix, process.execPath, "--input-type=module", "--eval", program]
  const stdout = execFileSync(file, args, { cwd: import.meta.dirname, env: { PATH: process.env["PATH"], ...env } })
  return JSON.parse(String(stdout)) as { private: boolean; gaps: ReadonlyArray<string>; made: string; links?: string }
}

it("a worker in namespaces of its own is private", () => {
  assert.deepStrictEqual(privacyGaps(), [])
  assert.isTrue(isPrivate())
})

it("a program started with enterArgv is private and builds a host", () => {
  const found = report(enterArgv([]))
  assert.deepStrictEqual(found, { private: true, gaps: [], made: "Success" })
})

it("nothing is built where mounts would reach other namespaces", () => {
  const share = ["unshare", "--net", "--mount", "--propagation", "shared", "--"]
  const found = report(share)
  assert.isFalse(found.private)
  assert.strictEqual(found.made, "Failure")
  assert.match(
    found.links ?? "",
    /refusing to build a private host on this machine: .*mounts reach other namespaces at \//
  )
})

it("nothing is built in a namespace that is shared with whoever started the program", () => {
  const onlyNet = report(["unshare", "--net", "--"])
  assert.deepStrictEqual(onlyNet.gaps, ["the mount namespace is also used outside"])
  assert.strictEqual(onlyNet.made, "Failure")
  const onlyMounts = report(["unshare", "--mount", "--propagation", "private", "--"])
  assert.deepStrictEqual(onlyMounts.gaps, ["the network namespace is also used outside"])
})
