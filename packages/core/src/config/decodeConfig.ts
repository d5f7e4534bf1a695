import { Result, Schema } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"
import { parseNetworkName, parseVmName } from "../names/Name.ts"
import type { Parsed } from "../names/Parsed.ts"
import type { BackendKind } from "../plan/Attachment.ts"
import { backendOfNetwork } from "./backendOf.ts"
import { type Config, emptyConfig } from "./Config.ts"
import { ConfigReader } from "./ConfigReader.ts"
import { checkNetworks } from "./checkNetworks.ts"
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
 * A configuration file's text, YAML or JSON, of a program with backends of the given sections. All of its problems come at once as `CONFIG_INVALID`, in the order of the
 * file, each with path, line and column in `details.problems`; `file` is what messages call it.
 */
export const decodeConfig = (
  text: string,
  file: string,
  sections: BackendSections = builtinSections
): Result.Result<Config, VmnetError> => {
  const source = readYaml(text)
  const reader = new ConfigReader(source, sections)
  const config = decodeFile(reader, source.data ?? {})
  return reader.problems.length > 0 ? Result.fail(configInvalid(file, reader.problems)) : Result.succeed(config)
}

const decodeFile = (reader: ConfigReader, data: unknown): Config => {
  if (!isData(data)) {
    reader.refuse([], `the file must be a mapping of networks, vms and forwarding, not ${describeValue(data)}`)
    return emptyConfig
  }
  checkKeys(reader, [], Object.keys(data), ["networks", "vms", "forwarding"])
  const rawNetworks = namedSections(reader, data, "networks", parseNetworkName)
  const networks = decodeNetworks(reader, rawNetworks)
  const rawVms = namedSections(reader, data, "vms", parseVmName)
  const vms = decodeVms(reader, networks, rawVms)
  const written = new Map(rawNetworks)
  checkNetworks(reader, networks, (network, option) => Object.hasOwn(written.get(network) ?? {}, option))
  checkVms(reader, networks, vms)
  checkPublishes(reader, rawVms)
  const { forwarding } = decodeSection(reader, TopLevel, data, [])
  return { networks, vms, ...(forwarding !== undefined && { forwarding }) }
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

const decodeVms = (reader: ConfigReader, networks: Config["networks"], sections: Sections): Config["vms"] =>
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

/** The entries of `networks` or `vms` that have a proper name; an entry with nothing in it is all defaults. */
const namedSections = (
  reader: ConfigReader,
  data: Data,
  key: "networks" | "vms",
  parseName: (text: string) => Parsed<string>
): Sections => {
  const sections = data[key] ?? {}
  if (!isData(sections)) {
    reader.refuse([key], `must be a mapping of names, not ${describeValue(sections)}`)
    return []
  }
  return Object.entries(sections).flatMap(([name, section]) => {
    const path = [key, name]
    const parsed = parseName(name)
    if (Result.isFailure(parsed)) reader.refuseKey(path, parsed.failure)
    if (isData(section ?? {})) return Result.isFailure(parsed) ? [] : [[name, (section ?? {}) as Data] as const]
    reader.refuse(path, `must be a mapping of options, not ${describeValue(section)}`)
    return []
  })
}
