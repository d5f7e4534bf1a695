import { Effect } from "effect"
import { environmentOf } from "./environmentOf.ts"
import type { Format } from "./Format.ts"

/**
 * Unquoted where every reader agrees (a shell's `eval`, systemd's EnvironmentFile, docker's --env-file); single quotes
 * otherwise, because a shell must never run what a name contains.
 */
const quote = (value: string): string =>
  /^[A-Za-z0-9._:/,@%+-]*$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`

export const env: Format = {
  id: "env",
  prints: "attachment",
  render: (attachment) =>
    Effect.succeed(
      Object.entries(environmentOf(attachment))
        .map(([key, value]) => `${key}=${quote(value)}`)
        .join("\n")
    )
}
