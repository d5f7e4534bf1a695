import type { HostFacts } from "../ops/HostSurvey.ts"
import type { Check, DoctorContext } from "./Check.ts"
import { checks } from "./checks.ts"
import type { Finding } from "./Finding.ts"

/** What the facts mean for vmnet, check by check in the order of the table. Pure. */
export const diagnose = (
  facts: HostFacts,
  context: DoctorContext,
  table: ReadonlyArray<Check> = checks
): ReadonlyArray<Finding> =>
  table.flatMap(({ diagnose, id }) =>
    diagnose(facts, context).map(({ details = {}, fix = null, message, status }) => ({
      check: id,
      status,
      message,
      fix,
      details
    }))
  )
