import { Effect, Schema } from "effect"
import { createReadStream } from "node:fs"

/** A file that could not be read, and whether for not being there. */
export class NotRead extends Schema.TaggedError<NotRead>()("NotRead", {
  file: Schema.String,
  missing: Schema.Boolean,
  cause: Schema.Defect()
}) {
  override get message(): string {
    return `${this.file} cannot be read: ${this.cause instanceof Error ? this.cause.message : String(this.cause)}`
  }
}

const isMissing = (cause: unknown): boolean => cause instanceof Error && "code" in cause && cause.code === "ENOENT"

/** A file or pipe up to its end or `bytes`, whichever comes first, as UTF-8. Interruption lets go of it. */
export const readBounded = (file: string, bytes: number): Effect.Effect<string, NotRead> =>
  Effect.tryPromise({
    try: async (signal) => {
      const chunks: Array<Uint8Array> = []
      // Positions would make it seek, which pipes (`--config <(...)`) cannot: an end without a start does not.
      for await (const chunk of createReadStream(file, { end: bytes - 1, signal })) chunks.push(chunk as Uint8Array)
      return Buffer.concat(chunks).toString("utf8")
    },
    catch: (cause) => new NotRead({ file, missing: isMissing(cause), cause })
  })
