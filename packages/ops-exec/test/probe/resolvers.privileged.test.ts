import { assert, it } from "@effect/vitest"
import { HostProbe } from "@vmnet/core"
import { HostProbeProc } from "@vmnet/ops-exec"
import { Effect } from "effect"
import { mkdirSync, writeFileSync } from "node:fs"
import { run } from "../support/programs.ts"

/** The host's own files as a distribution would have them, in this mount namespace only. */
const hostHas = Effect.fnUntraced(function* (files: Readonly<Record<string, string>>) {
  for (const [path, text] of Object.entries(files)) {
    const source = `/run/probe-${path.replaceAll("/", "-")}`
    writeFileSync(source, text)
    mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true })
    if (path !== "/etc/resolv.conf") {
      writeFileSync(path, text)
      yield* Effect.addFinalizer(() => Effect.sync(() => run("rm", [path])))
      continue
    }
    yield* Effect.acquireRelease(
      Effect.sync(() => run("mount", ["--bind", source, path])),
      () => Effect.sync(() => run("umount", [path]))
    )
  }
  return yield* Effect.flatMap(HostProbe, ({ resolvers }) => resolvers)
}, Effect.provide(HostProbeProc.layer))

const stub = { "/etc/resolv.conf": "nameserver 127.0.0.53\noptions edns0 trust-ad\nsearch .\n" }

it.effect("a host that has only 127.0.0.53 gives guests what systemd-resolved forwards to", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const found = yield* hostHas({ ...stub, "/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.53\n" })
      assert.deepStrictEqual(found, ["192.0.2.53"])
    })
  )
)

it.effect("and NetworkManager's, where it is its stub", () =>
  Effect.scoped(
    Effect.gen(function* () {
      const found = yield* hostHas({ ...stub, "/run/NetworkManager/no-stub-resolv.conf": "nameserver 192.0.2.54\n" })
      assert.deepStrictEqual(found, ["192.0.2.54"])
    })
  )
)

it.effect("and none where nothing else is written down", () =>
  Effect.scoped(Effect.map(hostHas(stub), (found) => assert.deepStrictEqual(found, [])))
)
