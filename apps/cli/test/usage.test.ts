import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { makeCli } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const attachments = [attachmentOf("vm1")]

const mistakes: ReadonlyArray<readonly [argv: ReadonlyArray<string>, message: RegExp, help: string]> = [
  [[], /^vmnet: say what to do: up, down, ls, /, "vmnet"],
  [["network"], /^vmnet: say what to do: ls, show, warm, rm$/m, "vmnet network"],
  [["stauts"], /^vmnet: unknown command "stauts", did you mean status\?$/m, "vmnet"],
  [["up", "vm1", "--netwrok", "web"], /unknown option --netwrok, did you mean --network\?/, "vmnet up"],
  [["up"], /^vmnet: VM is missing$/m, "vmnet up"],
  [["up", "a", "b"], /^vmnet: unexpected "b"$/m, "vmnet up"],
  [["ls", "vm1"], /^vmnet: unexpected "vm1"$/m, "vmnet ls"],
  [
    ["ls", "--backend", "carrier-pigeon"],
    /^vmnet: --backend cannot be "carrier-pigeon": it is one of bridge, netns, tap, slirp$/m,
    "vmnet ls"
  ],
  [["ls", "-o"], /^vmnet: --output needs a value/m, "vmnet ls"],
  [
    ["ls", "-o", "xml"],
    /--output cannot be "xml": it is one of table, json, env, firecracker, qemu, cloud-hypervisor, cloud-init, kernel-args$/m,
    "vmnet ls"
  ],
  [["ls", "--state-dir", "a", "--state-dir", "b"], /^vmnet: --state-dir is given 2 times$/m, "vmnet ls"],
  [["ls", "--state-dir="], /^vmnet: --state-dir needs a value$/m, "vmnet ls"],
  [["ls", "--config", ""], /^vmnet: --config needs a value$/m, "vmnet ls"],
  [["ls", "-x"], /^vmnet: unknown option -x$/m, "vmnet ls"],
  [["publish", "vm1"], /^vmnet: SPEC is missing/, "vmnet publish"],
  [["publish", "vm1", "80:99999"], /^vmnet: SPEC 80:99999: .*above 65535$/m, "vmnet publish"],
  [["unpublish", "vm1", "eighty"], /^vmnet: SPEC eighty: /m, "vmnet unpublish"],
  [["exec", "vm1"], /^vmnet: CMD is missing/, "vmnet exec"],
  [["exec", "vm1", "--", ""], /CMD must not be empty/, "vmnet exec"],
  [["up", "vm1", "--netns", "/run/netns/x", "--pid", "1"], /--netns or --pid, not both/, "vmnet up"]
]

describe("usage errors", () => {
  it.effect.each(mistakes)("%j: exit 2, one line and where the help is", ([argv, message, help]) =>
    Effect.gen(function* () {
      const run = yield* makeCli({ attachments })(...argv)
      assert.deepStrictEqual([run.code, run.stdout, run.stateDirs.length], [2, "", 0])
      assert.match(run.stderr, message)
      assert.strictEqual(run.stderr.split("\n").length, 3)
      assert.isTrue(run.stderr.endsWith(`\nsee ${help} --help\n`))
    })
  )

  it.effect.each(mistakes)("%j: with --json an error like every other", ([argv]) =>
    Effect.gen(function* () {
      const run = yield* makeCli({ attachments })("--json", ...argv)
      assert.deepStrictEqual([run.code, run.stdout], [2, ""])
      const { error } = JSON.parse(run.stderr)
      assert.deepStrictEqual(Object.keys(error), ["code", "message", "details", "hint"])
      assert.strictEqual(error.code, "BAD_INPUT")
    })
  )

  it.effect("--backend where it means nothing is refused, not ignored", () =>
    Effect.gen(function* () {
      const run = yield* makeCli({ attachments })("down", "--all", "--backend", "bridge")
      assert.deepStrictEqual([run.code, run.vmnet.attachments.size], [2, 1])
    })
  )
})

const hostile = [
  "--flag",
  "$(x)",
  "a\nb",
  "..",
  "a..b",
  "../up",
  "a".repeat(64),
  "",
  "-",
  "A",
  "a b",
  "a/b",
  "a\u0000",
  "é"
]
const verbs = [
  (name: string) => ["up", name],
  (name: string) => ["up", "vm1", "--network", name],
  (name: string) => ["down", "vm1", name],
  (name: string) => ["show", name],
  (name: string) => ["publish", name, "80:80"],
  (name: string) => ["unpublish", name, "80:80"],
  (name: string) => ["exec", name, "--", "true"],
  (name: string) => ["network", "show", name],
  (name: string) => ["network", "warm", name],
  (name: string) => ["network", "rm", name]
]

describe("hostile names", () => {
  it.effect.each(hostile)("%j is refused by every verb with exit 2 and no work done", (name) =>
    Effect.gen(function* () {
      for (const verb of verbs) {
        const run = yield* makeCli({ attachments })(...verb(name))
        assert.deepStrictEqual([run.code, run.stdout, run.stateDirs.length], [2, "", 0], verb(name).join(" "))
        assert.isAtMost(run.stderr.length, 400)
        // oxlint-disable-next-line no-control-regex -- what must not be there
        assert.notMatch(run.stderr, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
      }
    })
  )

  it.effect("a name after -- is a name, hostile or not", () =>
    Effect.gen(function* () {
      const run = yield* makeCli()("up", "--", "--flag")
      assert.strictEqual(run.code, 2)
      const good = yield* makeCli()("up", "--", "vm1")
      assert.strictEqual(good.code, 0)
    })
  )

  it.effect("VMs may be called like the values of a switch", () =>
    Effect.gen(function* () {
      for (const name of ["on", "1", "true", "no", "a".repeat(63)]) {
        const run = yield* makeCli()("up", "--json", name)
        assert.deepStrictEqual([run.code, run.stderr], [0, ""])
        assert.strictEqual(JSON.parse(run.stdout).vm, name)
      }
    })
  )
})
