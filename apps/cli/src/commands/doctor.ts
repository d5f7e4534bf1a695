import type { Finding, GcResult } from "@vmnet/core"
import { Effect } from "effect"
import { CliError, Command } from "effect/cli"
import { begin } from "../cli/begin.ts"
import type { Globals } from "../cli/globals.ts"
import { print } from "../cli/print.ts"
import { switchFlag } from "../cli/switchFlag.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { CommandExited } from "../exec/CommandExited.ts"
import { doctorDocument } from "../views/doctor.ts"
import { failIfAny } from "./gc.ts"

const foundSomething = 8

/** Where nothing was recorded there is nothing to collect, and no ledger is made to see that. */
const collect = Effect.fnUntraced(function* (
  globals: Globals,
  findings: ReadonlyArray<Finding>,
  options: { readonly dryRun: boolean; readonly forceHeuristic: boolean }
) {
  const hasRecord = findings.some(({ check }) => check === "leftovers")
  if (!hasRecord && !options.forceHeuristic) return { actions: [], problems: [] } satisfies GcResult
  return yield* withVmnet(globals, (vmnet) => vmnet.gc(options))
})

export const doctor = Command.make(
  "doctor",
  {
    gc: switchFlag("gc", "Afterwards collect what is left over, as vmnet gc does"),
    dryRun: switchFlag("dry-run", "With --gc: say what would be deleted, and change nothing"),
    forceHeuristic: switchFlag("force-heuristic", "With --gc: go by names and addresses too, as vmnet gc does")
  },
  Effect.fn("vmnet doctor")(function* ({ dryRun, forceHeuristic, gc }) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const { diagnosis } = yield* Effect.promise(() => import("../doctor/diagnosis.ts"))
    const findings = yield* Effect.interruptible(diagnosis(globals))
    const collected = gc ? yield* Effect.result(collect(globals, findings, { dryRun, forceHeuristic })) : undefined
    const result = collected?._tag === "Success" ? collected.success : undefined
    yield* print(format, doctorDocument(findings, result?.actions))
    if (collected?._tag === "Failure") return yield* collected.failure
    yield* failIfAny(result?.problems ?? [])
    // What has just been collected is mended.
    const left = gc && !dryRun ? findings.filter(({ check }) => check !== "leftovers") : findings
    if (left.some(({ status }) => status === "problem")) return yield* new CommandExited({ exitCode: foundSomething })
  })
).pipe(
  Command.validate(({ dryRun, forceHeuristic, gc }) => {
    const lone = dryRun ? "--dry-run" : "--force-heuristic"
    return (dryRun || forceHeuristic) && !gc
      ? Effect.fail(new CliError.ValidationError({ message: `${lone} goes with --gc` }))
      : Effect.void
  }),
  Command.withDescription(
    "Look for what of this host keeps guests from working, and say how it is mended; exit code 8 for a problem"
  ),
  Command.withExamples([
    { command: "vmnet doctor", description: "Read-only; as root it sees more" },
    { command: "vmnet doctor --gc --dry-run", description: "And what is left over of VMs that are gone" }
  ])
)
