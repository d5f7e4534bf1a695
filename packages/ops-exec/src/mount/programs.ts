import { type Commands, OpsError } from "@vmnet/core"
import { type Attempt, reasonOfText } from "@vmnet/ops-common"
import { ofCommandError } from "../commands/ofCommandError.ts"
import { Effect } from "effect"
import { findProgram } from "../commands/programs.ts"
import { childDescriptor } from "../netns/runIn.ts"

/**
 * mount(8) and umount(8) on held descriptors. The kernel follows `/proc/self/fd/N` to exactly what is open, as long as
 * the program hands the name on as it is: `--no-canonicalize`. From util-linux 2.39 on mount(8) would use move_mount(2),
 * which does not follow the last part of a name, and so not this one: `LIBMOUNT_FORCE_MOUNT2` has it use mount(2). No
 * helpers, no fstab, no mtab.
 */
const quiet = ["--no-mtab", "--no-canonicalize", "--internal-only"]

const run = Effect.fnUntraced(
  function* (
    commands: Commands["Service"],
    attempt: Attempt,
    argv: readonly [string, ...ReadonlyArray<string>],
    descriptors: ReadonlyArray<number>
  ) {
    const [name, ...args] = argv
    const program = yield* findProgram(name)
    const result = yield* commands.run({
      program: "env",
      args: ["LIBMOUNT_FORCE_MOUNT2=always", program, ...args],
      descriptors
    })
    if (result.exitCode === 0) return
    const output = result.stderr.trim().split("\n")[0] ?? ""
    return yield* new OpsError({ ...attempt, reason: reasonOfText(output) ?? "Failed", output })
  },
  (effect, _, attempt) =>
    Effect.catchTag(effect, "CommandError", (error) => Effect.fail(ofCommandError(attempt, error)))
)

const inherited = (index: number): string => `/proc/self/fd/${childDescriptor(index)}`

const mountArgs = [...quiet, "--options-source", "disable"]

/** `mount --bind $source $target` */
export const bind = (commands: Commands["Service"], attempt: Attempt, source: number, target: number) =>
  run(commands, attempt, ["mount", ...mountArgs, "--bind", "--", inherited(0), inherited(1)], [source, target])

/** `mount -o remount,bind,$options none $target`: flags of this one mount, not of its file system. */
export const remount = (
  commands: Commands["Service"],
  attempt: Attempt,
  target: number,
  options: ReadonlyArray<string>
) => {
  const list = ["remount", "bind", ...options].join(",")
  return run(commands, attempt, ["mount", ...mountArgs, "-o", list, "--", "none", inherited(0)], [target])
}

/** `mount --make-private $target`: what is mounted on it is mounted there and nowhere else. */
export const makePrivate = (commands: Commands["Service"], attempt: Attempt, target: number) =>
  run(commands, attempt, ["mount", ...mountArgs, "--make-private", inherited(0)], [target])

/** `umount --lazy $target`: a held mount is in use, by us at least. It is out of sight at once. */
export const unmountLazily = (commands: Commands["Service"], attempt: Attempt, target: number) =>
  run(commands, attempt, ["umount", ...quiet, "--lazy", "--", inherited(0)], [target])
