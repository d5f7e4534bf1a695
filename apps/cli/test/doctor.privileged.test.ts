import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { execFileSync, spawnSync } from "node:child_process"
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { makeBundle } from "./support/bundle.ts"

const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE_DISABLE_COMPILE_CACHE: "1" }
const nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

interface Found {
  readonly check: string
  readonly status: string
  readonly message: string
  readonly fix: string | null
}

const bundle = Effect.acquireRelease(
  Effect.promise(async () => {
    const made = await makeBundle()
    chmodSync(made.directory, 0o755)
    return made
  }),
  ({ remove }) => Effect.sync(remove)
)

const doctor = (
  program: string,
  stateDir: string,
  prefix: ReadonlyArray<string> = [],
  ...more: ReadonlyArray<string>
) => {
  const argv = [...prefix, process.execPath, program, "doctor", "--state-dir", stateDir, ...more]
  const { status, stderr, stdout } = spawnSync(argv[0]!, argv.slice(1), { env, encoding: "utf8", timeout: 60_000 })
  const { actions, findings } = JSON.parse(stdout) as {
    findings: ReadonlyArray<Found>
    actions?: ReadonlyArray<unknown>
  }
  const of = (check: string) => findings.filter((one) => one.check === check)
  return { status, stderr, actions, findings, of }
}

const iptables = (...args: ReadonlyArray<string>): void => void execFileSync("iptables-nft", args)

layer(PrivateHost.layer().pipe(Layer.orDie))("vmnet doctor on a real kernel", (it) => {
  it.effect("changes nothing, makes no state directory, and is 0 where nothing is wrong", () =>
    Effect.gen(function* () {
      const { directory, program } = yield* bundle
      const stateDir = join(directory, "state")
      const before = yield* HostSnapshot.take()
      const ran = doctor(program, stateDir)
      assert.deepStrictEqual([ran.status, ran.stderr], [0, ""])
      assert.deepStrictEqual(
        ran.findings.filter(({ status }) => status === "problem"),
        []
      )
      assert.isFalse(existsSync(stateDir))
      assert.deepStrictEqual(ran.of("leftovers"), [])
      assert.deepStrictEqual(doctor(program, stateDir, [], "--gc").actions, [])
      assert.isFalse(existsSync(stateDir))
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
    })
  )

  it.effect("is 8 where a chain drops, and says without root what it could not see", () =>
    Effect.gen(function* () {
      const { directory, program } = yield* bundle
      const stateDir = join(directory, "state")
      yield* Effect.acquireRelease(
        Effect.sync(() => iptables("-P", "FORWARD", "DROP")),
        () => Effect.sync(() => iptables("-P", "FORWARD", "ACCEPT"))
      )
      const root = doctor(program, stateDir)
      assert.deepStrictEqual([root.status, root.stderr], [8, ""])
      assert.match(
        root.of("forward-chains")[0]!.message,
        /^iptables-nft: ip filter FORWARD \(priority 0, policy drop\)/
      )
      const user = doctor(program, stateDir, nobody)
      assert.deepStrictEqual([user.status, user.stderr], [0, ""])
      assert.match(user.of("permissions")[0]!.message, /^uid 65534 lacks CAP_NET_ADMIN/)
      const [chains] = user.of("forward-chains")
      assert.deepStrictEqual([chains!.status, chains!.fix], ["warning", "sudo vmnet doctor"])
      assert.match(chains!.message, /^could not look at the rules of nft/)
      assert.strictEqual(user.of("forwarding")[0]!.status, "ok")
    })
  )

  it.effect("a ledger that is none is named and stays as it is, and everything else is looked at", () =>
    Effect.gen(function* () {
      const { directory, program } = yield* bundle
      const stateDir = join(directory, "state")
      mkdirSync(stateDir, { mode: 0o700 })
      writeFileSync(
        join(stateDir, "ledger.db"),
        "no database at all, and longer than the head of one would be".repeat(9)
      )
      const ran = doctor(program, stateDir)
      assert.strictEqual(ran.status, 8)
      assert.match(ran.of("state-directory")[0]!.message, /is damaged: it is no database$/)
      assert.isAbove(ran.findings.length, 10)
      assert.deepStrictEqual(readdirSync(stateDir), ["ledger.db"])
      chmodSync(stateDir, 0o755)
      assert.strictEqual(doctor(program, stateDir, nobody).of("state-directory")[0]!.status, "warning")
    })
  )

  it.effect("what a VM left whose owner is gone is found, and collected when asked", () =>
    Effect.gen(function* () {
      const { directory, program } = yield* bundle
      const stateDir = join(directory, "state")
      // The register of all installs on a host is there from the first command on.
      execFileSync(process.execPath, [program, "status", "--state-dir", stateDir], { env, stdio: "pipe" })
      const before = yield* HostSnapshot.take()
      const up = ["up", "vm1", "--state-dir", stateDir, "--owner-pid"]
      execFileSync("sh", ["-c", '"$0" "$@" $$', process.execPath, program, ...up], { env, stdio: "pipe" })
      const ran = doctor(program, stateDir)
      assert.deepStrictEqual([ran.status, ran.of("leftovers")[0]!.fix], [8, "vmnet gc"])
      const dry = doctor(program, stateDir, [], "--gc", "--dry-run")
      assert.deepStrictEqual([dry.status, dry.actions!.length > 0], [8, true])
      const collected = doctor(program, stateDir, [], "--gc")
      assert.deepStrictEqual([collected.status, collected.stderr], [0, ""])
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
      assert.strictEqual(doctor(program, stateDir).of("leftovers")[0]!.status, "ok")
    })
  )
})
