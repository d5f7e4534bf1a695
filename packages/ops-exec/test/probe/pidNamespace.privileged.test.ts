import { assert, it } from "@effect/vitest"
import { HostProbe } from "@vmnet/core"
import { HostProbeProc } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readlinkSync } from "node:fs"

/** A process that is the first of a pid namespace, and `end` for it and its namespace. */
const elsewhere = Effect.acquireRelease(
  Effect.promise(async () => {
    const child = spawn("unshare", ["--pid", "--fork", "--kill-child", "--", "cat"], {
      stdio: ["pipe", "pipe", "inherit"]
    })
    child.stdin.write("there\n")
    await once(child.stdout, "data")
    const end = Effect.promise(async () => {
      const gone = once(child, "exit")
      child.stdin.end()
      await gone
    })
    return { namespace: readlinkSync(`/proc/${child.pid}/ns/pid_for_children`), end }
  }),
  ({ end }) => Effect.ignore(Effect.timeout(end, "1 second"))
)

it.live("a process of another pid namespace is alive until that namespace is empty, whatever its pid means here", () =>
  Effect.gen(function* () {
    const probe = yield* HostProbe
    const { end, namespace } = yield* elsewhere
    assert.notStrictEqual(namespace, probe.self.pidns)
    const theirs = { pid: 1, startTime: "1", bootId: probe.self.bootId, pidns: namespace }
    assert.isTrue(probe.alive(theirs))
    assert.isTrue(probe.alive({ ...theirs, pid: 123_456 }))
    assert.isFalse(probe.alive({ ...theirs, bootId: "another" }))
    assert.isFalse(probe.alive({ ...theirs, pidns: probe.self.pidns ?? "" }))
    yield* end
    assert.isFalse(probe.alive(theirs))
  }).pipe(Effect.scoped, Effect.provide(HostProbeProc.layer))
)
