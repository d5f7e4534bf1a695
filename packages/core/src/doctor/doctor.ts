import { Effect } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import { type HostFacts, HostSurvey } from "../ops/HostSurvey.ts"
import type { DoctorContext } from "./Check.ts"
import { diagnose } from "./diagnose.ts"
import type { Finding } from "./Finding.ts"

/** What `doctor` found. */
export interface Diagnosis {
  readonly findings: ReadonlyArray<Finding>
}

/**
 * What only the record of an install can tell, such as what is left over. Each fails where the record cannot be opened,
 * and is only asked where there is a record that can be: asking makes none.
 */
export type RecordCheck = Effect.Effect<ReadonlyArray<Finding>, VmnetError>

/** Whether there is a ledger that may be opened: one in a directory of ours, which this vmnet can read as it is. */
export const hasLedger = (findings: ReadonlyArray<Finding>, facts: HostFacts): boolean => {
  const { process, stateDirectory } = facts
  if (stateDirectory._tag === "Unseen" || stateDirectory.value === null) return false
  const { ledger, uid } = stateDirectory.value
  const isMine = process._tag === "Seen" && process.value.uid === uid
  const isThere = ledger._tag === "Seen" && ledger.value !== null && ledger.value.bytes > 0
  return isMine && isThere && !findings.some(keepsFromReading)
}

/** What takes no writes can be read all the same. */
const keepsFromReading = ({ check, details, status }: Finding): boolean =>
  check === "state-directory" && status !== "ok" && details["unwritable"] === undefined

/** Looks at the host and tells what it means for vmnet. Changes nothing, needs no rights, never fails. */
export const doctor = Effect.fn("doctor")(function* (
  context: DoctorContext,
  record: ReadonlyArray<{
    readonly ask: RecordCheck
    readonly otherwise: (error: VmnetError) => ReadonlyArray<Finding>
  }> = []
) {
  const { survey } = yield* HostSurvey
  const facts = yield* survey({ stateDir: context.stateDir })
  const findings = [...diagnose(facts, context)]
  if (!hasLedger(findings, facts)) return { findings } satisfies Diagnosis
  for (const { ask, otherwise } of record) {
    findings.push(...(yield* Effect.catch(ask, (error) => Effect.succeed(otherwise(error)))))
  }
  return { findings } satisfies Diagnosis
})
