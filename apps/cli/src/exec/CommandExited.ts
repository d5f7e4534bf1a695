import { Schema } from "effect"

/** The command of `vmnet exec` ended with another code than 0. It has said itself what there was to say. */
export class CommandExited extends Schema.TaggedError<CommandExited>()("CommandExited", { exitCode: Schema.Finite }) {
  override get message(): string {
    return `the command ended with exit code ${this.exitCode}`
  }
}
