import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { changes, foreignState } from "./snapshotChanges.ts"

const commands = Effect.fnUntraced(function* (argvs: ReadonlyArray<ReadonlyArray<string>>) {
  const host = yield* PrivateHost
  for (const argv of argvs) {
    const result = yield* host.run("host", argv)
    assert.strictEqual(result.exitCode, 0, `${argv.join(" ")}: ${result.stderr}`)
  }
})

const since = (before: HostSnapshot) => Effect.map(HostSnapshot.take(), (after) => HostSnapshot.diff(before, after))

const HostInUse = Layer.effectDiscard(commands(foreignState)).pipe(Layer.provideMerge(PrivateHost.layer()))

/** A process of the test's own that does nothing but be there. */
const sleeper = (argv: readonly [string, ...ReadonlyArray<string>]) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const child = spawn(argv[0], argv.slice(1), { stdio: "ignore" })
      await new Promise((resolve) => child.once("spawn", resolve))
      return child
    }),
    (child) =>
      Effect.promise(() => {
        const gone = new Promise((resolve) => child.once("exit", resolve))
        child.kill("SIGKILL")
        return gone
      })
  )

layer(HostInUse)("a snapshot of the host", (it) => {
  for (const change of changes) {
    it.effect(`tells ${change.title}, nothing else, and nothing once it is undone`, () =>
      Effect.gen(function* () {
        const before = yield* HostSnapshot.take()
        yield* commands(change.make)
        assert.deepStrictEqual(yield* since(before), change.lines)
        yield* commands(change.undo)
        assert.deepStrictEqual(yield* since(before), [])
      })
    )
  }

  it.effect("tells processes of the host, of its namespaces, and those that left both", () =>
    Effect.gen(function* () {
      const before = yield* HostSnapshot.take()
      const here = yield* sleeper(["sleep", "31"])
      const inLan = yield* sleeper(["nsenter", "--net=/run/netns/lan", "--", "sleep", "32"])
      const nameless = yield* sleeper(["unshare", "--net", "--mount", "--", "sleep", "33"])
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 100)))
      const lines = [`${here.pid} sleep 31`, `${inLan.pid} sleep 32`, `${nameless.pid} sleep 33`]
      assert.deepStrictEqual(
        yield* since(before),
        lines.map((line) => `+ process ${line}`)
      )
    })
  )

  it.effect("tells a name that stands for another namespace, or for none any more", () =>
    Effect.gen(function* () {
      yield* commands([["ip", "netns", "add", "twice"]])
      const before = yield* HostSnapshot.take()
      const was = before.sections.netns.find((entry) => entry.key === "twice")?.attributes["namespace"]
      yield* commands([["umount", "/run/netns/twice"]])
      assert.deepStrictEqual(yield* since(before), [`~ netns twice namespace ${was} -> no namespace`])
      yield* commands([["ip", "netns", "delete", "twice"]])
      assert.deepStrictEqual(yield* since(before), ["- netns twice"])
    })
  )

  it.effect("counts connections only when asked to", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      // Only a rule that uses it makes the kernel track connections.
      yield* commands([["nft", "add rule inet foreign order ct state new accept"]])
      const before = yield* HostSnapshot.take()
      const counted = yield* HostSnapshot.take({ conntrack: true })
      yield* host.http("host", "http://203.0.113.10/")
      const after = yield* HostSnapshot.take({ conntrack: true })
      assert.deepStrictEqual(yield* since(before), [])
      assert.match(HostSnapshot.diff(counted, after).join(), /^~ conntrack connections \d+ -> \d+$/)
    })
  )

  it.effect("does not tell what traffic leaves behind, nor the order of a set's elements", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const before = yield* HostSnapshot.take()
      yield* host.http("lan", "http://192.0.2.10:81/").pipe(Effect.flip)
      yield* host.http("host", "http://203.0.113.10/")
      yield* commands([
        ["nft", "flush set inet foreign guests"],
        ["nft", "add element inet foreign guests { 10.0.0.3, 10.0.0.1, 10.0.0.2 }"]
      ])
      assert.deepStrictEqual(yield* since(before), [])
    })
  )

  it.effect("sees files and symlinks in other state directories when asked to", () =>
    Effect.gen(function* () {
      const options = { stateDirectories: ["/run/netns/../vmnet/state"] }
      yield* commands([["mkdir", "-m", "0700", "/run/vmnet/state"]])
      const before = yield* HostSnapshot.take(options)
      writeFileSync("/run/vmnet/state/a", "", { mode: 0o600 })
      yield* commands([["ln", "-s", "/etc/passwd", "/run/vmnet/state/b"]])
      const after = yield* HostSnapshot.take(options)
      assert.deepStrictEqual(HostSnapshot.diff(before, after), [
        "+ file /run/netns/../vmnet/state/a",
        "+ file /run/netns/../vmnet/state/b"
      ])
    })
  )
})
