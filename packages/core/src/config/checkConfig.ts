import type { Result } from "effect"
import type { Backend } from "../backend/Backend.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import { checkOwnNetworks } from "./checkOwnNetworks.ts"
import { checkRequests } from "./checkRequests.ts"
import { completeNetworks } from "./completeNetworks.ts"
import type { Config } from "./Config.ts"
import { answer, readConfig } from "./decodeConfig.ts"
import type { NetworkDefaults } from "./networkSpec.ts"
import { builtinSections, sectionsOf } from "./sections/sections.ts"

/**
 * A configuration as `decodeConfig` reads it, refusing as well what `up` of any of its VMs would refuse: contradictions that show only once defaults are filled in, and what a backend cannot honour.
 */
export const checkConfig = (
  text: string,
  file: string,
  backends: ReadonlyArray<Backend>
): Result.Result<Config, VmnetError> => {
  const sections = { ...builtinSections, ...sectionsOf(backends.map(({ section }) => section)) }
  const read = readConfig(text, sections)
  const defaults: NetworkDefaults = {
    defaults: Object.fromEntries(backends.map(({ kind, defaultNetwork }) => [kind, defaultNetwork])),
    resolvers: [],
    sections
  }
  checkOwnNetworks(read.reader, read.config)
  const sound = completeNetworks(read, defaults)
  checkRequests(read, { sound, defaults, backends })
  return answer(file, read.config, read.reader)
}
