import { OpsError } from "@vmnet/core"
import { reasonOfSystemError } from "../text/reasons.ts"

export type Family = OpsError["family"]

/** What was being done, on which kind of object: every error of a call is made from it. */
export interface Attempt {
  readonly family: Family
  readonly action: string
}

export const ofSystemError = ({ family, action }: Attempt, cause: unknown): OpsError =>
  new OpsError({
    family,
    reason: reasonOfSystemError(cause),
    action,
    output: cause instanceof Error ? cause.message : String(cause),
    cause
  })

export const invalid = ({ family, action }: Attempt, output: string, index?: number): OpsError =>
  new OpsError({ family, reason: "Invalid", action, output, ...(index === undefined ? {} : { index }) })
