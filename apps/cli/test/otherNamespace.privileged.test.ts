import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { makeBundle } from "./support/bundle.ts"

const bundle = Effect.acquireRelease(Effect.promise(makeBundle), ({ remove }) => Effect.sync(remove))

const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE_DISABLE_COMPILE_CACHE: "1" }

const run = (argv: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(argv[0]!, argv.slice(1), { env, encoding: "utf8" })
  return { status, stderr, stdout }
}

const ip = (line: string) => void execFileSync("ip", line.split(" "), { env })

/** A namespace that somebody works in. */
const box = Effect.acquireRelease(
  Effect.sync(() => ip("netns add box")),
  () => Effect.sync(() => ip("netns delete box"))
)

/** The record on a file system that takes no writes. */
const readOnly = Effect.acquireRelease(
  Effect.sync(() => {
    execFileSync("mount", ["--bind", "/run/vmnet", "/run/vmnet"])
    execFileSync("mount", ["-o", "remount,bind,ro", "/run/vmnet"])
  }),
  () => Effect.sync(() => void execFileSync("umount", ["/run/vmnet"]))
)

const verbs = [["repair"], ["down", "vm1"], ["gc"], ["up", "vm2"], ["ls"]]

layer(Layer.orDie(PrivateHost.layer()), { timeout: 120_000 })("vmnet under ip netns exec", (it) => {
  it.effect(
    "refuses the record of the host, and changes neither",
    () =>
      Effect.gen(function* () {
        yield* box
        const { program } = yield* bundle
        const here = [process.execPath, program]
        const inside = ["ip", "netns", "exec", "box", ...here]
        assert.strictEqual(run([...here, "up", "vm1"]).status, 0)
        const before = yield* HostSnapshot.take({ stateDirectories: [] })
        const refused = (verb: ReadonlyArray<string>) => {
          const { status, stderr } = run([...inside, ...verb, "--json"])
          assert.strictEqual(status, 1, verb.join(" "))
          const { error } = JSON.parse(stderr.trim().split("\n").at(-1)!)
          assert.deepStrictEqual([error.code, error.details.ledger], ["LEDGER_FAILED", "elsewhere"], verb.join(" "))
        }
        for (const verb of verbs) refused(verb)
        yield* Effect.scoped(Effect.map(readOnly, () => refused(["down", "vm1"])))
        assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take({ stateDirectories: [] })), [])
        assert.deepStrictEqual(JSON.parse(run([...here, "check", "--json"]).stdout), { drift: [] })
        assert.strictEqual(run([...here, "down", "vm1"]).status, 0)
      }),
    120_000
  )
})
