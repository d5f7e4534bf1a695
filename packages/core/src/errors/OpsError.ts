import { Schema } from "effect"

/**
 * What a kernel operation failed with, classified so that callers never match on text:
 *
 * - `Exists`: the object to create is already there (EEXIST)
 * - `Missing`: the object to change or delete is not there (ENOENT, ENODEV, ESRCH)
 * - `Busy`: held by somebody else, worth a bounded retry (EBUSY)
 * - `Denied`: no permission (EPERM, EACCES)
 * - `Invalid`: the kernel refuses the request (EINVAL, ERANGE)
 * - `Unsupported`: this kernel or tool lacks the feature
 * - `ToolMissing`: the program is not installed or not trustworthy
 * - `TimedOut`: no answer within the bound
 * - `Failed`: anything else
 *
 * A failed operation may still have been applied: read the object back before deciding.
 */
export const OpsReason = Schema.Literals([
  "Exists",
  "Missing",
  "Busy",
  "Denied",
  "Invalid",
  "Unsupported",
  "ToolMissing",
  "TimedOut",
  "Failed"
])
export type OpsReason = typeof OpsReason.Type

/** A kernel operation that failed: which action, on which object, why, and where in the batch it stood. */
export class OpsError extends Schema.TaggedError<OpsError>()("OpsError", {
  family: Schema.Literals(["link", "nat", "sysctl", "netns", "process", "mount"]),
  reason: OpsReason,
  /** What was being done, in words: `add tap vmt3k2`. */
  action: Schema.String,
  /** The program's or kernel's own words, or empty. */
  output: Schema.String,
  /** Index of the failed change in its batch, where it is known. */
  index: Schema.optionalKey(Schema.Finite),
  /** What a person can do about it, where the operation knows. */
  hint: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    const output = this.output.trim()
    return `${this.action} failed (${this.reason})${output === "" ? "" : `: ${output}`}`
  }
}
