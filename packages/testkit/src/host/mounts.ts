import { Effect, type Scope } from "effect"
import { mkdirSync } from "node:fs"
import { PrivateHostError } from "./errors.ts"
import { run, runOk } from "./Process.ts"

/** Undo must not die, and must not stop the undos after it: say what stayed and go on. */
export const undo = (effect: Effect.Effect<unknown, PrivateHostError>): Effect.Effect<void> =>
  effect.pipe(
    Effect.asVoid,
    Effect.catchCause((cause) => Effect.logWarning("the private host was not taken down cleanly", cause))
  )

/**
 * A fresh, empty directory at `path`, seen only in this mount namespace. Lazy undo: what is mounted below goes with it. A
 * mount point that had to be made stays: removing it would unmount what other mount namespaces have there.
 */
const emptyDirectory = (path: string): Effect.Effect<void, PrivateHostError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => mkdirSync(path, { recursive: true, mode: 0o755 }),
      catch: (cause) => new PrivateHostError({ action: "make", object: path, detail: String(cause), cause })
    }).pipe(Effect.andThen(runOk(["mount", "-t", "tmpfs", "-o", "mode=700", "vmnet-testkit", path]))),
    () => undo(runOk(["umount", "--lazy", path]))
  )

/**
 * sysfs shows the network of whoever mounted it: without a mount of our own, /sys/class/net would list the machine's.
 * The kernel refuses to mount the same one twice in a row (EBUSY): then whoever made the namespaces did it already.
 */
const ownSysfs = Effect.gen(function* () {
  const mount = ["mount", "-t", "sysfs", "vmnet-testkit", "/sys"]
  const result = yield* run(mount)
  if (result.exitCode === 0) yield* Effect.addFinalizer(() => undo(runOk(["umount", "--lazy", "/sys"])))
  else if (!result.stderr.includes("already mounted")) {
    return yield* new PrivateHostError({ action: "mount", object: "/sys", detail: result.stderr.trim() })
  }
}).pipe(Effect.uninterruptible)

/** Namespaces, state directories and sysfs of the private host's own, until the scope closes. */
export const privateMounts: Effect.Effect<void, PrivateHostError, Scope.Scope> = Effect.gen(function* () {
  yield* emptyDirectory("/run/netns")
  yield* emptyDirectory("/run/vmnet")
  yield* ownSysfs
})
