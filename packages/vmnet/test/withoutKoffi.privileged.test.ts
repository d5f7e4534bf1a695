import { assert, it } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { suiteOn } from "@vmnet/testkit/conformance"
import { layerExec } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { spawnSync } from "node:child_process"
import { realpathSync } from "node:fs"
import { createRequire } from "node:module"

const { vmnet } = suiteOn("exec", layerExec)

/** Bounded: what goes round in circles is ended, and shows as a signal. */
const run = (program: string, ...args: ReadonlyArray<string>) => {
  const { signal, status, stderr, stdout } = spawnSync(program, args, {
    encoding: "utf8",
    timeout: 30_000,
    killSignal: "SIGKILL"
  })
  return { signal, status, stderr, stdout }
}

const succeeding = (program: string, ...args: ReadonlyArray<string>): string => {
  const { signal, status, stderr, stdout } = run(program, ...args)
  assert.deepStrictEqual([signal, status], [null, 0], `${program} ${args.join(" ")}: ${stderr}`)
  return stdout
}

/** What koffi loads on this machine, where the command finds it. */
const addon = createRequire(createRequire(realpathSync(vmnet)).resolve("koffi")).resolve(
  `@koromix/koffi-linux-${process.arch}/linux_${process.arch}/koffi.node`
)

it.live("a host whose libraries cannot be called is reached by programs where nobody says how, whatever is done", () =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* PrivateHost.make()
      yield* Effect.acquireRelease(
        Effect.sync(() => succeeding("mount", "--bind", "/dev/null", addon)),
        () => Effect.sync(() => succeeding("umount", addon))
      )
      for (const backend of ["tap", "netns"]) {
        assert.include(succeeding(vmnet, "up", `vm-${backend}`, "--backend", backend), backend)
        assert.include(succeeding(vmnet, "down", `vm-${backend}`), "removed")
      }
      const { findings } = JSON.parse(run(vmnet, "doctor").stdout)
      const operations = findings.find(({ check }: { readonly check: string }) => check === "operations")
      assert.include(operations.message, "calls in this process are not possible")
      assert.strictEqual(run(vmnet, "up", "vm1", "--backend", "tap", "--ops", "native").status, 6)
    })
  )
)
