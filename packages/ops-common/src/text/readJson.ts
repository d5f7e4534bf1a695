import { OpsError } from "@vmnet/core"
import { Effect, Schema } from "effect"
import type { Attempt } from "../errors/opsErrors.ts"
import { repairJson } from "./lenientJson.ts"

/** Decodes what a tool printed; text of another shape than we know is an error, never a guess. */
export const readJson = <A>(
  schema: Schema.Codec<A, string>,
  { family, action }: Attempt,
  output: string
): Effect.Effect<A, OpsError> =>
  Schema.decodeEffect(schema)(repairJson(output)).pipe(
    Effect.mapError(
      (cause) =>
        new OpsError({ family, reason: "Failed", action, output: `unexpected output: ${cause.message}`, cause })
    )
  )
