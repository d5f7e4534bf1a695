import { type CommandResult, type Commands, type CommandSpec, type Netns, netnsKey, OpsError } from "@vmnet/core"
import { type Attempt, openNetns, reasonOfText } from "@vmnet/ops-common"
import { ofCommandError } from "../commands/ofCommandError.ts"
import { Effect } from "effect"
import { findProgram } from "../commands/programs.ts"

/** The number under which a child finds `descriptors[index]` of its spec. */
export const childDescriptor = (index: number): number => 3 + index

/**
 * Runs a program in a namespace: `nsenter --net=/proc/self/fd/N PROGRAM ...`. This process never enters it, so no
 * failure can leave a thread of ours in a foreign network. The namespace's descriptor comes after the spec's own.
 */
const enter = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  spec: CommandSpec
) {
  const own = spec.descriptors ?? []
  const program = yield* findProgram(spec.program)
  const fd = yield* openNetns(netns, attempt)
  const user = netns._tag === "Process" && netns.user === true ? [yield* openNetns(netns, attempt, "user")] : []
  const result = yield* commands.run({
    ...spec,
    program: "nsenter",
    args: [
      `--net=/proc/self/fd/${childDescriptor(own.length)}`,
      // Who is root in there is whoever made it: nothing to change to (nsenter(1)).
      ...user.flatMap(() => [`--user=/proc/self/fd/${childDescriptor(own.length + 1)}`, "--preserve-credentials"]),
      "--",
      program,
      ...spec.args
    ],
    descriptors: [...own, fd, ...user]
  })
  // Its own words mean that the program never ran: the file is a namespace of another kind, or we may not enter it.
  if (result.exitCode === 0 || !/^(?:\S*\/)?nsenter: /.test(result.stderr)) return result
  return yield* new OpsError({
    family: "netns",
    reason: reasonOfText(result.stderr) ?? "Failed",
    action: `${attempt.action} in ${netnsKey(netns)}`,
    output: result.stderr.trim()
  })
}, Effect.scoped)

/** Runs a program where `netns` says; its exit code is for the caller to judge. */
export const runIn = (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  spec: CommandSpec
): Effect.Effect<CommandResult, OpsError> =>
  (netns._tag === "Host" ? commands.run(spec) : enter(commands, netns, attempt, spec)).pipe(
    Effect.catchTag("CommandError", (error) => Effect.fail(ofCommandError(attempt, error)))
  )
