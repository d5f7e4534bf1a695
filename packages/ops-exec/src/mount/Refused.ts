import { OpsError, type OpsReason } from "@vmnet/core"
import { type Attempt, ofSystemError } from "@vmnet/ops-common"

/** Something is not as it has to be: thrown inside synchronous code, an `OpsError` at its end. */
export class Refused extends Error {
  readonly reason: OpsReason

  constructor(reason: OpsReason, output: string) {
    super(output)
    this.reason = reason
  }
}

export const refuse = (reason: OpsReason, output: string): never => {
  throw new Refused(reason, output)
}

export const toOpsError =
  (attempt: Attempt) =>
  (cause: unknown): OpsError =>
    cause instanceof Refused
      ? new OpsError({ ...attempt, reason: cause.reason, output: cause.message })
      : ofSystemError(attempt, cause)
