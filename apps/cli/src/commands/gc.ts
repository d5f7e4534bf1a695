import type { GcResult, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { begin } from "../cli/begin.ts"
import { print } from "../cli/print.ts"
import { SeveralFailures } from "../cli/SeveralFailures.ts"
import { switchFlag } from "../cli/switchFlag.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { gcDocument } from "../views/gc.ts"

const summary = ({ actions }: GcResult): string => {
  const count = (action: string): number => actions.filter((one) => one.action === action).length
  const parts = ["deleted", "would-delete", "moved", "would-move", "skipped"].filter((action) => count(action) > 0)
  return parts.length === 0 ? "nothing to collect" : parts.map((action) => `${count(action)} ${action}`).join(", ")
}

/** What could not be removed, as the failure of the command. */
export const failIfAny = ([first, ...rest]: ReadonlyArray<VmnetError>): Effect.Effect<
  void,
  VmnetError | SeveralFailures
> => {
  if (first === undefined) return Effect.void
  if (rest.length === 0) return Effect.fail(first)
  return Effect.fail(
    new SeveralFailures({ leading: "worst", action: "things could not be removed", errors: [first, ...rest] })
  )
}

export const gc = Command.make(
  "gc",
  {
    dryRun: switchFlag("dry-run", "Say what would be deleted, and change nothing"),
    forceHeuristic: switchFlag(
      "force-heuristic",
      "In an emergency, when record and tags are lost: go by names and addresses too, where nobody uses the object"
    ),
    timeout: Flag.Int("timeout").pipe(
      Flag.filter(
        (seconds) => seconds > 0,
        (seconds) => `--timeout is a positive number of seconds, not ${seconds}`
      ),
      Flag.withDefault(60),
      Flag.withMetavar("SECONDS"),
      Flag.withDescription("Begin nothing new after this long; what is left is told, and the exit code is 7")
    )
  },
  Effect.fn("vmnet gc")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const { actions, problems } = yield* withVmnet(globals, (vmnet) => vmnet.gc(input), summary)
    yield* print(format, gcDocument(actions))
    yield* failIfAny(problems)
  })
).pipe(
  Command.withDescription("Take down the VMs whose owner is gone, and what was begun by a process that died"),
  Command.withExamples([
    { command: "vmnet gc --dry-run", description: "What it would delete, and why the rest stays" },
    { command: "vmnet gc" }
  ])
)
