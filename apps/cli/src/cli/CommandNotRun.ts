import { VmnetError } from "@vmnet/core"
import { Schema } from "effect"

/** `vmnet exec` could not start the command: not found (127) or not executable (126), as a shell counts. */
export class CommandNotRun extends Schema.TaggedError<CommandNotRun>()("CommandNotRun", {
  command: Schema.String,
  reason: Schema.Literals(["not found", "not executable"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${this.command}: ${this.reason}`
  }
  get exitCode(): number {
    return this.reason === "not found" ? 127 : 126
  }
  get asVmnetError(): VmnetError {
    return new VmnetError({ code: "TOOL_MISSING", detail: this.message, cause: this.cause })
  }
}
