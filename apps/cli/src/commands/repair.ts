import { type RepairAction, type RepairResult, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { vms } from "../cli/arguments.ts"
import { begin } from "../cli/begin.ts"
import { readVms } from "../cli/inputs.ts"
import { print } from "../cli/print.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { repairDocument } from "../views/drift.ts"

const countOf = (actions: ReadonlyArray<RepairAction>, action: RepairAction["action"]): number =>
  actions.filter((one) => one.action === action).length

const summary = ({ actions }: RepairResult): string =>
  actions.length === 0
    ? "nothing to repair"
    : `${countOf(actions, "restored")} restored, ${countOf(actions, "left")} left`

const stays = (left: number): VmnetError =>
  new VmnetError({
    code: "DRIFT_FOUND",
    detail: `${left} ${left === 1 ? "thing is" : "things are"} left as found`,
    hint: "The reasons above say what to do.",
    details: { left }
  })

export const repair = Command.make(
  "repair",
  { vms },
  Effect.fn("vmnet repair")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const named = yield* readVms("repair", input.vms)
    const { actions } = yield* withVmnet(globals, (vmnet) => vmnet.repair(named), summary)
    yield* print(format, repairDocument(actions))
    const left = countOf(actions, "left")
    if (left > 0) return yield* stays(left)
  })
).pipe(
  Command.withDescription("Put back what `vmnet check` finds, without disturbing what is right, or say why it cannot"),
  Command.withExamples([
    { command: "vmnet repair", description: "Everything that is on record" },
    { command: "vmnet repair vm1", description: "One VM, and what it shares with others" }
  ])
)
