import { Context, type Effect, Schema } from "effect"

/** A program to run: no shell, a bare program name looked up in trusted system directories only. */
export interface CommandSpec {
  readonly program: string
  readonly args: ReadonlyArray<string>
  readonly stdin?: string
  /** Open file descriptors the child gets as 3, 4, ... (a network namespace to work in, for example). */
  readonly descriptors?: ReadonlyArray<number>
  /** Bound in milliseconds, default 10 000. */
  readonly timeout?: number
  /** Characters of output before the program is cut off, default 16 Mi. */
  readonly maxOutput?: number
}

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** The program could not be run to its end: not found, not trusted, timed out, killed, or printed past the bound. */
export class CommandError extends Schema.TaggedError<CommandError>()("CommandError", {
  program: Schema.String,
  args: Schema.Array(Schema.String),
  reason: Schema.Literals(["NotFound", "NotTrusted", "TimedOut", "Killed", "OutputTooLong", "Failed"]),
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${[this.program, ...this.args].join(" ")}: ${this.detail}`
  }
}

/** Runs programs to their end. A non-zero exit code is a result, not an error: the caller classifies it. */
export class Commands extends Context.Service<
  Commands,
  { readonly run: (spec: CommandSpec) => Effect.Effect<CommandResult, CommandError> }
>()("@vmnet/core/Commands") {}
