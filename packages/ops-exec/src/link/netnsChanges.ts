import { type Commands, type LinkChange, namedNetns, OpsError } from "@vmnet/core"
import { attemptOf, type Segment, invalid, kindOfName, pathOfName, reasonOfChange } from "@vmnet/ops-common"
import { Effect } from "effect"
import { runIn } from "../netns/runIn.ts"

/**
 * `ip netns delete` unmounts whatever a symbolic link in the place of a name leads to (umount2(2) without
 * UMOUNT_NOFOLLOW). Neither `ip netns` nor we ever make one.
 */
export const refuseSymlinks = Effect.fnUntraced(function* (changes: ReadonlyArray<LinkChange>, segment: Segment) {
  for (let index = segment.from; index < segment.to; index++) {
    const change = changes[index]
    if (change?._tag !== "DeleteNetns") continue
    const attempt = attemptOf(changes, index)
    if ((yield* kindOfName(change.name, attempt)) !== "symlink") continue
    return yield* invalid(attempt, `${pathOfName(change.name)} is a symbolic link`, index)
  }
})

/** `ip link set lo alias $alias up` in the namespace that the change at `index` made, if it made one. */
export const tagNetns = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  changes: ReadonlyArray<LinkChange>,
  index: number
) {
  const change = changes[index]
  if (change?._tag !== "AddNetns") return
  const attempt = attemptOf(changes, index)
  const args = ["link", "set", "dev", "lo", "alias", change.alias, "up"]
  const result = yield* runIn(commands, namedNetns(change.name), attempt, { program: "ip", args }).pipe(
    Effect.mapError((error) => new OpsError({ ...error, index }))
  )
  if (result.exitCode === 0) return
  return yield* new OpsError({
    ...attempt,
    reason: reasonOfChange(result.stderr, change),
    output: result.stderr.trim(),
    index
  })
})
