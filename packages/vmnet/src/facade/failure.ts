import type { VmnetError as CoreError } from "@vmnet/core"
import { Cause, Result } from "effect"
import { VmnetError } from "../VmnetError.ts"

/** An error of the core, for those who know no Effect. */
export const plainError = (error: CoreError): VmnetError =>
  new VmnetError(error.message, {
    code: error.code,
    exitCode: error.exitCode,
    hint: error.hint,
    details: error.details,
    cause: error.cause
  })

const ofDefect = (thrown: unknown): VmnetError =>
  new VmnetError(`internal error: ${thrown instanceof Error ? thrown.message : String(thrown)}`, {
    code: "INTERNAL",
    exitCode: 1,
    hint: "This is a bug in vmnet or in a backend it was given; the cause says where.",
    cause: thrown
  })

/** What a promise rejects with instead of a cause: the signal's own reason where it ended the work. */
export const failureOf = (cause: Cause.Cause<CoreError>, signal: AbortSignal | undefined): unknown => {
  if (Cause.hasInterruptsOnly(cause) && signal?.aborted === true) return signal.reason
  const found = Cause.findError(cause)
  return Result.isSuccess(found) ? plainError(found.success) : ofDefect(Cause.squash(cause))
}

export const badInput = (message: string, hint?: string): VmnetError =>
  new VmnetError(message, { code: "BAD_INPUT", exitCode: 2, hint })
