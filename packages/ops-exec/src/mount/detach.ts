import type { Commands, OpsError, ResolverMount } from "@vmnet/core"
import { type Attempt } from "@vmnet/ops-common"
import { Effect } from "effect"
import { heldInScope } from "./attach.ts"
import { coveredAt, coverOf, findMount } from "./findMount.ts"
import { type MountEntry, mountIdOf, mountsOf } from "./mountinfo.ts"
import { removeMountPoint } from "./mountPoint.ts"
import { markOf, oursAmong } from "./ours.ts"
import { unmountLazily } from "./programs.ts"
import { refuse, toOpsError } from "./Refused.ts"
import { removeDirectory } from "./resolverFile.ts"

/** How often a mount is looked up anew when its path leads somewhere else by the time it is opened. */
const attempts = 16

/** One mount of ours that nothing lies on, the last made first. */
const nextOf = (mount: ResolverMount): MountEntry | undefined => {
  const all = mountsOf("self")
  const entry = oursAmong(markOf(mount), all).at(-1)
  if (entry === undefined) return undefined
  return coverOf(entry, all) === undefined ? entry : refuse("Busy", `${coveredAt(entry)}: unmount that first`)
}

/** Takes one mount away if its path still leads to it: what is held is compared with what the kernel has told of. */
export const unmountOne = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  words: Attempt,
  entry: MountEntry
) {
  const held = yield* heldInScope
  const place = yield* Effect.option(Effect.try({ try: () => held.at(entry.point), catch: toOpsError(words) }))
  if (place._tag === "None" || mountIdOf(place.value.fd) !== entry.id) return
  yield* unmountLazily(commands, words, place.value.fd)
}, Effect.scoped)

const refuseAbsence = (mount: ResolverMount): void => {
  const finding = findMount(mount)
  if (finding._tag === "Absent") refuse("Missing", "it is not there")
  if (finding._tag === "Elsewhere") refuse("Busy", `it is ${finding.detail}: run the command there`)
}

/** Every mount of the file, then the empty file we may have made in the rootfs, then the directory. */
export const detach = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  words: Attempt,
  mount: ResolverMount
) {
  const attempt = <A>(run: () => A): Effect.Effect<A, OpsError> => Effect.try({ try: run, catch: toOpsError(words) })
  yield* attempt(() => refuseAbsence(mount))
  for (let n = 0; ; n++) {
    const entry = yield* attempt(() => nextOf(mount))
    if (entry === undefined) break
    if (n === attempts) {
      return yield* attempt(() =>
        refuse("Busy", `${JSON.stringify(entry.point)} leads elsewhere each time it is opened`)
      )
    }
    yield* unmountOne(commands, words, entry)
  }
  yield* attempt(() => removeMountPoint(mount))
  yield* attempt(() => removeDirectory(mount))
})
