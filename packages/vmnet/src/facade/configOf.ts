import { builtinSections, type Config, decodeConfig, type Sections, sectionsOf, type VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { readConfigFile } from "../config/configFile.ts"
import { defaultConfigFile, namedConfig } from "../config/configPlaces.ts"
import type { VmnetOptions } from "../options.ts"
import { badInput } from "./failure.ts"

/** What messages call a configuration that is in no file. */
const unnamed = "config"

const asText = (config: object): string => {
  try {
    return JSON.stringify(config, null, 2)
  } catch (cause) {
    throw badInput(`config is no plain data: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

/** The configuration a program gave, checked when a verb needs it; a file each time, which may have changed since. */
export const configOf = ({ config, backends = [] }: VmnetOptions): Effect.Effect<Config, VmnetError> => {
  const sections: Sections = { ...builtinSections, ...sectionsOf(backends.map(({ section }) => section)) }
  if (config === undefined || typeof config === "string") {
    const places = { named: namedConfig(config, process.env), otherwise: defaultConfigFile }
    return Effect.map(readConfigFile(places, sections), (read) => read.config)
  }
  const text = "text" in config && typeof config.text === "string" ? config.text : asText(config)
  // It stays as it is: every `up` would pay a millisecond for what the first one has found.
  let read: ReturnType<typeof decodeConfig> | undefined
  return Effect.suspend(() => Effect.fromResult((read ??= decodeConfig(text, unnamed, sections))))
}
