import { formatConfig } from "@vmnet/core"
import { Effect } from "effect"
import { networkDefaults } from "vmnet/effect"
import { stringify } from "yaml"
import type { Document } from "../output/Document.ts"
import { printable, printableLines } from "../terminal/printable.ts"
import { loadConfig } from "./configFile.ts"
import { onHost } from "./onHost.ts"

/** The configuration in force: itself a configuration, as JSON or as YAML with a comment that tells its file. */
export const shownConfig = Effect.fn("shownConfig")(function* (flag: string | undefined) {
  const { file, config } = yield* loadConfig(flag)
  const shown = formatConfig(config, yield* onHost(networkDefaults))
  return {
    json: shown,
    table: (style) =>
      `${style.dim(`# ${printable(file ?? "no configuration file")}, defaults filled in`)}\n${printableLines(stringify(shown)).trimEnd()}`
  } satisfies Document
})
