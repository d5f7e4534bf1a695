import { type CommandResult, type Commands, type Netns, OpsError } from "@vmnet/core"
import { type Attempt, reasonOfText, root } from "@vmnet/ops-common"
import { Effect } from "effect"
import { runIn } from "../netns/runIn.ts"

/** Sysctls of another namespace, by programs of coreutils and grep: `sysctl` itself is not on a bare system. */
const conf = `${root}/net/ipv4/conf`

const failure = (attempt: Attempt, { stderr }: CommandResult): OpsError =>
  new OpsError({ ...attempt, reason: reasonOfText(stderr) ?? "Failed", output: stderr.trim() })

export const readThere = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  path: string
) {
  const result = yield* runIn(commands, netns, attempt, { program: "cat", args: ["--", path] })
  if (result.exitCode === 0) return result.stdout.trim()
  const error = failure(attempt, result)
  return error.reason === "Missing" ? null : yield* error
})

/** `dd` rather than `tee`, which would try to create a key that does not exist and be denied. */
export const writeThere = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt,
  path: string,
  value: string
) {
  const args = [`of=${path}`, "conv=nocreat,notrunc", "status=none"]
  const result = yield* runIn(commands, netns, attempt, { program: "dd", args, stdin: value })
  if (result.exitCode !== 0) return yield* failure(attempt, result)
})

/** `PATH NUL VALUE` per line. A link's name holds neither `/` nor white space, so it is read without guessing. */
const parse = (stdout: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    stdout.split("\n").flatMap((line) => {
      const [path = "", value] = line.split("\0")
      const link = path.startsWith(`${conf}/`) ? path.slice(conf.length + 1).split("/")[0] : undefined
      return link === undefined || value === undefined ? [] : [[link, value]]
    })
  )

/** Every flag in one run. A link that goes away meanwhile makes grep complain about its file, and is left out. */
export const forwardingThere = Effect.fnUntraced(function* (
  commands: Commands["Service"],
  netns: Netns,
  attempt: Attempt
) {
  const args = ["-r", "-Z", "--include=forwarding", "-e", ".", "--", conf]
  const result = yield* runIn(commands, netns, attempt, { program: "grep", args })
  const flags = parse(result.stdout)
  return Object.hasOwn(flags, "all") ? flags : yield* failure(attempt, result)
})
