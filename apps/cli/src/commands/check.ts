import { type CheckResult, type DriftItem, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { Command } from "effect/cli"
import { vms } from "../cli/arguments.ts"
import { begin } from "../cli/begin.ts"
import { readVms } from "../cli/inputs.ts"
import { print } from "../cli/print.ts"
import { withVmnet } from "../cli/withVmnet.ts"
import { driftDocument } from "../views/drift.ts"

const count = (drift: ReadonlyArray<DriftItem>): string =>
  drift.length === 1 ? "1 thing is not as planned" : `${drift.length} things are not as planned`

/** Where something is not, the failure says how much. */
const summary = ({ drift }: CheckResult): string | undefined =>
  drift.length === 0 ? "every object on record is as planned" : undefined

/** What nobody can put back without knowing what was meant. */
const isForPeople = ({ drift, kind }: DriftItem): boolean => drift === "unfinished" && kind === "Lease"

const found = (drift: ReadonlyArray<DriftItem>, named: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "DRIFT_FOUND",
    detail: count(drift),
    hint: drift.every(isForPeople)
      ? "The details above say what to do."
      : `Put it back with: ${["vmnet repair", ...named].join(" ")}`,
    details: { drift: drift.length }
  })

export const check = Command.make(
  "check",
  { vms },
  Effect.fn("vmnet check")(function* (input) {
    const { globals, format } = yield* begin({ prints: "anything" })
    const named = yield* readVms("check", input.vms)
    const { drift } = yield* withVmnet(globals, (vmnet) => vmnet.check(named), summary)
    yield* print(format, driftDocument(drift))
    if (drift.length > 0) return yield* found(drift, named)
  })
).pipe(
  Command.withDescription(
    "Compare every object of VMs, and what they share, with the kernel; exit code 8 where it differs"
  ),
  Command.withExamples([
    { command: "vmnet check", description: "Everything that is on record" },
    { command: "vmnet check vm1 --json", description: 'One VM, as {"drift":[...]}' }
  ])
)
