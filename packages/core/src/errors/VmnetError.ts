import { Runtime, Schema } from "effect"
import { errorCodes, exitCodeOf } from "./ErrorCode.ts"

/**
 * The one error of vmnet's public operations. `code` is stable and decides the exit code, `detail` names object and
 * action in one line, `hint` tells a person what to do next, `details` carries the same facts for programs.
 */
export class VmnetError extends Schema.TaggedError<VmnetError>()("VmnetError", {
  code: Schema.Literals(errorCodes),
  detail: Schema.String,
  hint: Schema.optionalKey(Schema.String),
  details: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown)),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return this.detail
  }
  get exitCode(): number {
    return exitCodeOf[this.code]
  }
  override get [Runtime.errorExitCode](): number {
    return exitCodeOf[this.code]
  }
}
