import { Result } from "effect"
import { parseNetworkName } from "../names/Name.ts"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"
import { backendOfNetwork } from "./backendOf.ts"
import type { Config } from "./Config.ts"
import { defaultOverlaps, type FoundNetwork } from "./defaultOverlaps.ts"
import { entry } from "./entry.ts"
import { defaultBackend } from "./defaults.ts"
import { type NetworkDefaults, networkSpec } from "./networkSpec.ts"
import type { Sections } from "./sections/Section.ts"
import { builtinSections, kindsOf } from "./sections/sections.ts"
import { fromConfig, type Setting, type SettingReader } from "./Setting.ts"
import { suggestion } from "./suggest.ts"

const parseBackend = (text: string, sections: Sections): Parsed<BackendKind> => {
  if (Object.hasOwn(sections, text)) return Result.succeed(text)
  const kinds = kindsOf(sections)
  return Result.fail(`there is no such backend${suggestion(text, kinds)}; backends are ${kinds.join(", ")}`)
}

/** What may be configured in the program that asks. */
export const sectionsIn = ({ sections = builtinSections }: NetworkDefaults): Sections => sections

export interface NetworkChoice {
  readonly config: Config
  readonly backend: Setting<string> | undefined
  readonly network: Setting<string> | undefined
  readonly defaults: NetworkDefaults
}

/**
 * The network of a VM. The name of a backend is the name of that backend's own network, which exists without being
 * configured. A network decides the backend unless somebody named another, which is a contradiction.
 */
export const resolveNetwork = (reader: SettingReader, choice: NetworkChoice): NetworkSpec | undefined => {
  const sections = sectionsIn(choice.defaults)
  const asked = reader.read(choice.backend, (text) => parseBackend(text, sections))
  const named = reader.read(choice.network, (text) => findNetwork(choice.config, text, sections))
  if ((choice.backend !== undefined && asked === undefined) || (choice.network !== undefined && named === undefined)) {
    return undefined
  }
  if (asked !== undefined && named !== undefined && named.backend !== asked) {
    return reader.refuse(
      choice.network!.path,
      `network ${named.network} is of the ${named.backend} backend, not ${asked} (${choice.backend!.path})`
    )
  }
  const own = asked ?? defaultBackend
  const found = named ?? foundNetwork(choice.config, own, own)
  reader.note("backend", choice.backend ?? choice.network)
  reader.note("network", choice.network)
  noteOptions(reader, found, sections)
  if (found.settings.dns === undefined && choice.defaults.defaults[found.backend]?.dns === undefined) {
    reader.origins["network.dns"] = "host"
  }
  for (const problem of defaultOverlaps(choice.config.networks, found, choice.defaults.defaults)) {
    reader.refuse(`networks.${found.network}`, problem)
  }
  const where = (named === undefined ? choice.backend : choice.network)?.path ?? `networks.${found.network}`
  return Result.match(networkSpec(found.network, found.backend, found.settings, choice.defaults), {
    onFailure: ({ options, problem }) => {
      const written = options.find((option) => found.settings[option] !== undefined)
      return reader.refuse(written === undefined ? where : `networks.${found.network}.${written}`, problem)
    },
    onSuccess: (spec) => spec
  })
}

const findNetwork = (config: Config, text: string, sections: Sections): Parsed<FoundNetwork> =>
  Result.flatMap(parseNetworkName(text), (network) => {
    const backend = backendOfNetwork(config.networks, network, sections)
    if (backend !== undefined) return Result.succeed(foundNetwork(config, network, backend))
    const known = suggestion(network, [...Object.keys(config.networks), ...kindsOf(sections)])
    return Result.fail(`no network ${quote(network)} is configured${known}`)
  })

const foundNetwork = (config: Config, network: string, backend: BackendKind): FoundNetwork => ({
  network,
  backend,
  settings: entry(config.networks, network) ?? {}
})

const noteOptions = (reader: SettingReader, { network, backend, settings }: FoundNetwork, sections: Sections): void => {
  for (const option of Object.keys(sections[backend]?.network ?? {})) {
    reader.note(`network.${option}`, fromConfig<unknown>(`networks.${network}`, option, settings[option]))
  }
}
