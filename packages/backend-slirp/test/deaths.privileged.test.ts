import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, writeFileSync } from "node:fs"
import { ended, kill } from "./support/ended.ts"
import { leavesNoTrace, onPrivateHost, users } from "./support/host.ts"
import type { User } from "./support/User.ts"

const [user, other] = users()

const stateOf = (who: User, vm: string) =>
  Effect.map(who.ok("ls"), (answer) => {
    const { vms } = answer as { vms: ReadonlyArray<{ vm: string; state: string }> }
    return vms.find((one) => one.vm === vm)?.state
  })

const failsBecause = (helper: string) =>
  Effect.gen(function* () {
    assert.strictEqual(yield* stateOf(user, "vm1"), "failed")
    const shown = (yield* user.ok("show", "vm1", "--json")) as { problems: ReadonlyArray<string> }
    assert.match(shown.problems.join("\n"), new RegExp(`${helper} has ended`))
    const again = yield* user.vmnet(["up", "vm1", "--backend", "slirp", "-p", "8080:80"])
    assert.strictEqual(again.code, 4)
    const inside = yield* user.vmnet(["exec", "vm1", "--", "true"])
    assert.strictEqual(inside.code, 4)
  })

it.live("the end of slirp4netns is told, and down leaves nothing", () =>
  onPrivateHost(
    leavesNoTrace(
      user,
      Effect.gen(function* () {
        yield* user.up("vm1", "-p", "8080:80")
        yield* kill(user.helperPid("vm1", "slirp4netns"))
        yield* failsBecause("slirp4netns")
        yield* user.ok("down", "vm1")
        assert.strictEqual(yield* stateOf(user, "vm1"), undefined)
      })
    )
  )
)

it.live("slirp4netns ends with the holder of its namespace, and down leaves nothing", () =>
  onPrivateHost(
    leavesNoTrace(
      user,
      Effect.gen(function* () {
        yield* user.up("vm1", "-p", "8080:80")
        const slirp = user.helperPid("vm1", "slirp4netns")
        yield* kill(user.helperPid("vm1", "namespace"))
        yield* ended(slirp)
        yield* failsBecause("namespace")
        yield* user.ok("down", "vm1")
      })
    )
  )
)

for (const step of ["create helper namespace", "create tap", "create helper slirp4netns", "vm1 is up"]) {
  it.live(`kill -9 of up at "${step}", then gc`, () =>
    onPrivateHost(
      leavesNoTrace(
        user,
        Effect.gen(function* () {
          const died = yield* user.vmnet(["up", "vm1", "-v", "--backend", "slirp", "-p", "8080:80"], {
            onStderr: (stderr, signal) => stderr.includes(step) && signal("SIGKILL")
          })
          assert.strictEqual(died.code === null || step === "vm1 is up", true)
          const dry = (yield* user.ok("gc", "--dry-run")) as { actions: ReadonlyArray<{ action: string }> }
          const collected = (yield* user.ok("gc")) as { actions: ReadonlyArray<{ action: string }> }
          assert.strictEqual(collected.actions.length, dry.actions.length)
          if (step === "vm1 is up") {
            assert.deepStrictEqual(
              collected.actions.map(({ action }) => action),
              ["skipped"]
            )
            yield* user.ok("down", "vm1")
          } else {
            assert.isNotEmpty(collected.actions)
            assert.isTrue(dry.actions.every(({ action }) => action === "would-delete"))
            assert.isTrue(collected.actions.every(({ action }) => action === "deleted"))
          }
          assert.deepStrictEqual(yield* user.ok("ls"), { vms: [] })
        })
      )
    )
  )
}

it.live("gc collects a VM whose owner is gone, and no other", () =>
  onPrivateHost(
    leavesNoTrace(
      user,
      Effect.gen(function* () {
        const owner = spawn("sleep", ["60"])
        yield* user.up("vm1", "--owner-pid", String(owner.pid))
        yield* user.up("vm2")
        assert.strictEqual(yield* stateOf(user, "vm1"), "active")
        yield* kill(owner.pid!)
        const { actions } = (yield* user.ok("gc")) as {
          actions: ReadonlyArray<{ action: string; vm: string; kind: string }>
        }
        assert.deepStrictEqual(
          actions.filter(({ kind }) => kind === "Lease").map(({ action, vm }) => [vm, action]),
          [
            ["vm1", "deleted"],
            ["vm2", "skipped"]
          ]
        )
        assert.strictEqual(yield* stateOf(user, "vm2"), "active")
        yield* user.ok("down", "vm2")
      })
    )
  )
)

it.live("two users have VMs of one name side by side, and neither sees the other's", () =>
  onPrivateHost(
    leavesNoTrace(
      user,
      leavesNoTrace(
        other,
        Effect.gen(function* () {
          yield* user.up("vm1", "-p", "8080:80")
          yield* other.up("vm1", "-p", "8081:80")
          const taken = yield* other.vmnet(["publish", "vm1", "8080:80", "--json"])
          assert.deepStrictEqual([taken.code, JSON.parse(taken.stderr).error.code], [4, "PORT_IN_USE"])
          yield* other.ok("down", "vm1")
          assert.strictEqual(yield* stateOf(user, "vm1"), "active")
          yield* user.ok("down", "vm1")
        })
      )
    )
  )
)

/** As if it were not installed, in this mount namespace only. */
const hidden = (program: string) =>
  Effect.acquireRelease(
    Effect.sync(() => execFileSync("mount", ["--bind", "/dev/null", program])),
    () => Effect.sync(() => execFileSync("umount", [program]))
  )

it.live("a program that is missing is named with the package that has it, and nothing is made", () =>
  onPrivateHost(
    leavesNoTrace(
      user,
      Effect.gen(function* () {
        yield* hidden("/usr/bin/slirp4netns")
        const failed = yield* user.vmnet(["up", "vm1", "--backend", "slirp", "--json"])
        const { error } = JSON.parse(failed.stderr)
        assert.deepStrictEqual([failed.code, error.code], [6, "TOOL_MISSING"])
        assert.include(error.hint, "apt-get install slirp4netns")
        assert.isFalse(existsSync(`${user.runtime}/vmnet/helpers`))
      })
    )
  )
)

/** A user namespace with everybody in it where nobody may make another: the limit is its own, not the machine's. */
const withoutNamespaces = Effect.gen(function* () {
  const holder = yield* Effect.acquireRelease(
    Effect.sync(() => spawn("unshare", ["--user", "--", "cat"], { stdio: ["pipe", "pipe", "inherit"] })),
    (child) => kill(child.pid!)
  )
  yield* Effect.promise(async () => {
    holder.stdin.write(".")
    await once(holder.stdout, "data")
  })
  for (const kind of ["uid", "gid"]) writeFileSync(`/proc/${holder.pid}/${kind}_map`, "0 0 4294967295")
  const enter = ["nsenter", `--user=/proc/${holder.pid}/ns/user`, "--setuid", "0", "--setgid", "0", "--"]
  execFileSync(enter[0]!, [...enter.slice(1), "sysctl", "-q", "-w", "user.max_user_namespaces=0"])
  return enter
})

it.live("a host without user namespaces is told with what allows them, and nothing is made", () =>
  onPrivateHost(
    leavesNoTrace(
      user,
      Effect.gen(function* () {
        const failed = yield* user.vmnet(["up", "vm1", "--backend", "slirp", "--json"], {
          enter: yield* withoutNamespaces
        })
        const { error } = JSON.parse(failed.stderr)
        assert.deepStrictEqual([failed.code, error.code], [6, "HOST_NOT_CAPABLE"])
        assert.include(error.hint, "user.max_user_namespaces")
        assert.isFalse(existsSync(`${user.runtime}/vmnet/helpers`))
      })
    )
  )
)
