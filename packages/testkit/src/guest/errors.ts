import { Schema } from "effect"

/** A guest could not be built, started, configured or talked to. `consoleTail` is the last it said on its console. */
export class GuestError extends Schema.TaggedError<GuestError>()("GuestError", {
  action: Schema.String,
  detail: Schema.String,
  consoleTail: Schema.optionalKey(Schema.String),
  cause: Schema.optionalKey(Schema.Unknown)
}) {
  override get message() {
    const tail = this.consoleTail?.trim() ?? ""
    return `cannot ${this.action}: ${this.detail}${tail === "" ? "" : `\nthe guest's console ends with:\n${tail}`}`
  }
}
