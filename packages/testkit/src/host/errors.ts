import { Schema } from "effect"

/** The process is not in namespaces of its own: building a private host here would build it on the machine. */
export class NotPrivate extends Schema.TaggedError<NotPrivate>()("NotPrivate", {
  missing: Schema.Array(Schema.String)
}) {
  override get message() {
    return `refusing to build a private host on this machine: ${this.missing.join("; ")} (start the program with enterArgv)`
  }
}

/** A step of building, driving or taking down a private host failed. */
export class PrivateHostError extends Schema.TaggedError<PrivateHostError>()("PrivateHostError", {
  action: Schema.String,
  object: Schema.String,
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Unknown)
}) {
  override get message() {
    return `cannot ${this.action} ${this.object}: ${this.detail}`
  }
}

/** Why an exchange between two places of a private host had no answer, as the one who asked saw it. */
export const ExchangeReason = Schema.Literals(["timeout", "refused", "unreachable", "reset", "other"])
export type ExchangeReason = typeof ExchangeReason.Type

/** A request had no answer. `reason` is what tells a dropped packet (`timeout`) from a rejected one (`refused`). */
export class ExchangeFailed extends Schema.TaggedError<ExchangeFailed>()("ExchangeFailed", {
  from: Schema.String,
  target: Schema.String,
  reason: ExchangeReason,
  detail: Schema.String
}) {
  override get message() {
    return `${this.from} had no answer from ${this.target}: ${this.reason} (${this.detail})`
  }
}

/** One part of the host's network state could not be read. */
export class SnapshotError extends Schema.TaggedError<SnapshotError>()("SnapshotError", {
  section: Schema.String,
  detail: Schema.String,
  cause: Schema.optionalKey(Schema.Unknown)
}) {
  override get message() {
    return `cannot read the ${this.section} section of the host: ${this.detail}`
  }
}
