import { Result, Schema } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import { parseNetworkName, parseVmName } from "../names/Name.ts"
import type { Parsed } from "../names/Parsed.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import { backendOfNetwork } from "./backendOf.ts"
import { type Config, emptyConfig } from "./Config.ts"
import { ConfigReader } from "./ConfigReader.ts"
import { checkEachNetwork, checkNetworks, type HasOption } from "./checkNetworks.ts"
import { checkPublishes } from "./checkPublishes.ts"
import { checkVms } from "./checkVms.ts"
import { type Data, decodeSection, describeValue, isData } from "./decodeSection.ts"
import { defaultBackend } from "./defaults.ts"
import { checkKeys, checkOptions } from "./options.ts"
import { configInvalid } from "./Problem.ts"
import type { Sections as BackendSections } from "./sections/Section.ts"
import { builtinSections, Forwarding, kindsOf, networkSchema, vmSchema } from "./sections/sections.ts"
import { readYaml } from "./YamlSource.ts"

/**
 * A configuration file's text, YAML or JSON, of a program with backends of the given sections. All of its problems come
 * at once as `CONFIG_INVALID`, in the order of the file, each with path, line and column in `details.problems`; `file`
 * is what messages call it.
 */
export const decodeConfig = (
  text: string,
  file: string,
  sections: BackendSections = builtinSections
): Result.Result<Config, VmnetError> => {
  const { config, reader } = readConfig(text, sections)
  return answer(file, config, reader)
}

export const answer = (file: string, config: Config, { problems }: ConfigReader): Result.Result<Config, VmnetError> =>
  problems.length > 0 ? Result.fail(configInvalid(file, problems)) : Result.succeed(config)

/** What of a file is right, and the reader that knows what is not. */
export interface ReadConfig {
  readonly reader: ConfigReader
  readonly config: Config
  /** Networks that nobody can use for their names, which may have more wrong with them. */
  readonly misnamed: Config["networks"]
}

export const readConfig = (text: string, sections: BackendSections): ReadConfig => {
  const source = readYaml(text)
  const reader = new ConfigReader(source, sections)
  return { reader, ...decodeFile(reader, source.data ?? {}) }
}

const decodeFile = (reader: ConfigReader, data: unknown): Omit<ReadConfig, "reader"> => {
  if (!isData(data)) {
    reader.refuse([], `the file must be a mapping of networks, vms and forwarding, not ${describeValue(data)}`)
    return { config: emptyConfig, misnamed: {} }
  }
  checkKeys(reader, [], Object.keys(data), ["networks", "vms", "forwarding"])
  const [rawNetworks, otherNetworks] = namedSections(reader, data, "networks", parseNetworkName)
  const networks = decodeNetworks(reader, rawNetworks)
  const misnamed = decodeNetworks(reader, otherNetworks)
  const [rawVms, otherVms] = namedSections(reader, data, "vms", parseVmName)
  const vms = decodeEachVm(reader, networks, rawVms)
  decodeEachVm(reader, networks, otherVms)
  const hasOption = wasWritten([...rawNetworks, ...otherNetworks])
  checkNetworks(reader, networks, hasOption)
  checkEachNetwork(reader, misnamed, hasOption)
  checkVms(reader, networks, vms)
  checkPublishes(reader, rawVms)
  const { forwarding } = decodeSection(reader, TopLevel, data, [])
  return { config: { networks, vms, ...(forwarding !== undefined && { forwarding }) }, misnamed }
}

const wasWritten = (networks: Sections): HasOption => {
  const written = new Map(networks)
  return (network, option) => Object.hasOwn(written.get(network) ?? {}, option)
}

const TopLevel = Schema.Struct({ forwarding: Schema.optionalKey(Forwarding) })

type Sections = ReadonlyArray<readonly [string, Data]>

const decodeNetworks = (reader: ConfigReader, sections: Sections): Config["networks"] =>
  Object.fromEntries(
    sections.map(([network, raw]) => {
      const path = ["networks", network]
      const backend = backendIn(reader, raw, defaultBackend)
      const decoded = decodeSection(reader, networkSchema(reader.sections, backend), raw, path)
      checkOptions(reader, path, "network", raw, backend)
      return [network, decoded]
    })
  )

export const decodeEachVm = (reader: ConfigReader, networks: Config["networks"], sections: Sections): Config["vms"] =>
  Object.fromEntries(
    sections.map(([vm, raw]) => {
      const path = ["vms", vm]
      const network = typeof raw["network"] === "string" ? raw["network"] : defaultBackend
      const inherited = backendOfNetwork(networks, network, reader.sections) ?? defaultBackend
      const backend = backendIn(reader, raw, inherited)
      const decoded = decodeSection(reader, vmSchema(reader.sections, backend), raw, path)
      checkOptions(reader, path, "vm", raw, backend)
      return [vm, decoded]
    })
  )

/** The backend whose options a section may have: unknown when the one it names is not one. */
const backendIn = ({ sections }: ConfigReader, raw: Data, otherwise: BackendKind): BackendKind | undefined =>
  Object.hasOwn(raw, "backend") ? kindsOf(sections).find((kind) => kind === raw["backend"]) : otherwise

/** The entries of `networks` or `vms` with a proper name, and the others; one with nothing in it is all defaults. */
const namedSections = (
  reader: ConfigReader,
  data: Data,
  key: "networks" | "vms",
  parseName: (text: string) => Parsed<string>
): readonly [named: Sections, misnamed: Sections] => {
  const sections = data[key] ?? {}
  if (!isData(sections)) {
    reader.refuse([key], `must be a mapping of names, not ${describeValue(sections)}`)
    return [[], []]
  }
  const entries = Object.entries(sections).flatMap(([name, section]) => {
    const path = [key, name]
    const isNamed = Result.match(parseName(name), {
      onFailure: (problem) => (reader.refuseKey(path, problem), false),
      onSuccess: () => true
    })
    if (isData(section ?? {})) return { isNamed, entry: [name, (section ?? {}) as Data] as const }
    reader.refuse(path, `must be a mapping of options, not ${describeValue(section)}`)
    return []
  })
  const those = (isNamed: boolean) => entries.filter((one) => one.isNamed === isNamed).map(({ entry }) => entry)
  return [those(true), those(false)]
}
