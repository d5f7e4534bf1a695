import type { Commands, OpsError, ResolverMount } from "@vmnet/core"
import { type Attempt } from "@vmnet/ops-common"
import { Effect, type Scope } from "effect"
import { Held, identityOf, type Place } from "./beneath.ts"
import { flags, openness } from "./findMount.ts"
import { mountIdOf, mountsOf } from "./mountinfo.ts"
import { ensureMountPoint } from "./mountPoint.ts"
import { bind, makePrivate, remount, unmountLazily } from "./programs.ts"
import { refuse, toOpsError } from "./Refused.ts"
import { fileOf, isIntact, writeResolverFile } from "./resolverFile.ts"
import { holdEtc, holdKnownRoot, requireOwnNamespace } from "./rootfs.ts"

/** Descriptors that are closed with the scope: a held place stays what it is while programs work on it. */
export const heldInScope: Effect.Effect<Held, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => new Held()),
  (held) => Effect.sync(() => held.close())
)

const attempt = <A>(attempt: Attempt, run: () => A): Effect.Effect<A, OpsError> =>
  Effect.try({ try: run, catch: toOpsError(attempt) })

/** Whether a place is on a mount of the file, closed as it must be. */
const verify = (mount: ResolverMount, file: Place, place: Place | undefined): Place => {
  if (place === undefined || identityOf(place.stats) !== identityOf(file.stats)) {
    return refuse("Busy", "something else is there at the same moment: etc or etc/resolv.conf was exchanged")
  }
  const id = mountIdOf(place.fd)
  const entry = mountsOf("self").find((one) => one.id === id) ?? refuse("Failed", "the mount is gone again")
  const open = openness(entry)
  if (open !== undefined) return refuse("Failed", `${open} although it was mounted so`)
  if (!isIntact(mount)) return refuse("Failed", "somebody has written to it")
  return place
}

/**
 * The file as a mount of its own, on itself, that is closed before anybody can reach it. What is bound from it is born
 * closed, in this namespace and in those that see our mounts: flags given later would not reach those.
 */
const closedMount = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  words: Attempt,
  mount: ResolverMount,
  held: Held
) {
  const file = yield* attempt(words, () => held.at(fileOf(mount)))
  yield* bind(commands, words, file.fd, file.fd)
  const inside = yield* attempt(words, () => held.at(fileOf(mount)))
  yield* remount(commands, words, inside.fd, [...flags, "private"])
  return yield* attempt(words, () => verify(mount, file, inside))
})

/** Writes, closes, binds, looks. A failure leaves what there is of it to `detach`. */
export const attach = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  words: Attempt,
  mount: ResolverMount
) {
  const held = yield* heldInScope
  yield* attempt(words, () => requireOwnNamespace(mount.rootfs))
  const etc = yield* attempt(words, () => holdEtc(held, holdKnownRoot(held, mount.rootfs)))
  yield* attempt(words, () => writeResolverFile(mount))
  const target = yield* attempt(words, () => ensureMountPoint(mount, held, etc))
  const closed = yield* closedMount(commands, words, mount, held)
  yield* bind(commands, words, closed.fd, target.fd)
  const bound = yield* attempt(words, () => held.in(etc, "resolv.conf") ?? refuse("Busy", "etc/resolv.conf is gone"))
  yield* makePrivate(commands, words, bound.fd)
  yield* unmountLazily(commands, words, closed.fd)
  yield* attempt(words, () => verify(mount, closed, bound))
}, Effect.scoped)
