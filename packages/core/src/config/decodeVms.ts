import { Result } from "effect"
import type { Backend } from "../backend/Backend.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import { parseVmName } from "../names/Name.ts"
import { completeNetworks } from "./completeNetworks.ts"
import type { Config } from "./Config.ts"
import { ConfigReader } from "./ConfigReader.ts"
import { checkPublishes } from "./checkPublishes.ts"
import { checkRequests } from "./checkRequests.ts"
import { checkVms } from "./checkVms.ts"
import { answer, decodeEachVm } from "./decodeConfig.ts"
import { type Data, describeValue, isData } from "./decodeSection.ts"
import type { NetworkDefaults } from "./networkSpec.ts"
import type { Path } from "./Path.ts"
import { builtinSections, sectionsOf } from "./sections/sections.ts"
import { readYaml, type YamlSource } from "./YamlSource.ts"

export interface DecodeVmsOptions {
  /** Whose networks they are in. */
  readonly config: Config
  readonly backends: ReadonlyArray<Backend>
}

/**
 * A file of VMs, YAML or JSON: what stands under `vms` in a configuration, or a list of names and of mappings with a `vm`
 * among their options. All of its problems come at once as `CONFIG_INVALID` with line and column; what `up` would refuse
 * of each is among them.
 */
export const decodeVms = (
  text: string,
  file: string,
  { backends, config }: DecodeVmsOptions
): Result.Result<Config["vms"], VmnetError> => {
  const sections = { ...builtinSections, ...sectionsOf(backends.map(({ section }) => section)) }
  const source = readYaml(text)
  const listed = entriesOf(source)
  const reader = new ConfigReader(placed(source, listed.entries), sections)
  for (const { path, problem } of listed.problems) reader.refuse(path, problem)
  const raw = listed.entries.flatMap(({ name, path, settings }): ReadonlyArray<readonly [string, Data]> => {
    const named = parseVmName(name)
    if (Result.isFailure(named)) reader.refuseKey(path, named.failure)
    return Result.isFailure(named) ? [] : [[name, settings]]
  })
  const vms = decodeEachVm(reader, config.networks, raw)
  checkVms(reader, config.networks, vms)
  checkPublishes(reader, raw)
  const read = { reader, config: { ...config, vms }, misnamed: {} }
  const defaults: NetworkDefaults = {
    defaults: Object.fromEntries(backends.map(({ kind, defaultNetwork }) => [kind, defaultNetwork])),
    resolvers: [],
    sections
  }
  // What is wrong with the networks is in another file, and told by whoever reads that.
  const elsewhere = { ...read, reader: new ConfigReader({ ...source, problems: [] }, sections) }
  checkRequests(read, { sound: completeNetworks(elsewhere, defaults), defaults, backends })
  return Result.map(answer(file, read.config, reader), () => vms)
}

/** A VM of the file, as `vms.NAME` would be, and where it is written. */
interface Entry {
  readonly name: string
  readonly settings: Data
  readonly path: Path
  readonly place: Path
  /** Where its name is written, if that is no key. */
  readonly named?: Path
}

interface Listed {
  readonly entries: ReadonlyArray<Entry>
  readonly problems: ReadonlyArray<{ readonly path: Path; readonly problem: string }>
}

const entriesOf = ({ data, problems }: YamlSource): Listed => {
  if (data === null || data === undefined) {
    // What does not parse is told as that.
    return { entries: [], problems: problems.length > 0 ? [] : [{ path: [], problem: "there is no VM in it" }] }
  }
  if (Array.isArray(data)) return separate(data.map((item, index) => entryOf(item, index)))
  if (!isData(data)) {
    const problem = `the file must be a list or a mapping of VMs, not ${describeValue(data)}`
    return { entries: [], problems: [{ path: [], problem }] }
  }
  return separate(Object.entries(data).map(([name, settings]) => settingsOf(name, settings, [name])))
}

type Read = Entry | Listed["problems"][number]

const isEntry = (read: Read): read is Entry => "settings" in read

/** A mapping has no key twice; a list may. */
const separate = (all: ReadonlyArray<Read>): Listed => {
  const seen = new Set<string>()
  const each = all.map((read): Read => {
    if (!isEntry(read) || !seen.has(read.name)) {
      if (isEntry(read)) seen.add(read.name)
      return read
    }
    return { path: read.named ?? read.place, problem: `${read.name} is named twice` }
  })
  const entries = each.filter(isEntry)
  const problems = each.flatMap((read) => (isEntry(read) ? [] : [read]))
  return all.length === 0
    ? { entries, problems: [{ path: [], problem: "there is no VM in it" }] }
    : { entries, problems }
}

const settingsOf = (name: string, settings: unknown, place: Path, named?: Path): Read => {
  const path = ["vms", name]
  if (!isData(settings ?? {}))
    return { path: place, problem: `must be a mapping of options, not ${describeValue(settings)}` }
  return { name, settings: (settings ?? {}) as Data, path, place, ...(named && { named }) }
}

const entryOf = (item: unknown, index: number): Read => {
  const place = [index]
  if (typeof item === "string") return settingsOf(item, {}, place, place)
  if (!isData(item)) return { path: place, problem: `must be a name or a mapping with vm, not ${describeValue(item)}` }
  const { vm, ...settings } = item
  if (typeof vm !== "string") {
    const problem = vm === undefined ? "vm is missing: the VM's name" : `vm must be text, not ${describeValue(vm)}`
    return { path: vm === undefined ? place : [index, "vm"], problem }
  }
  return settingsOf(vm, settings, place, [index, "vm"])
}

/** The file's places under the paths that a configuration has for its VMs. */
const placed = (source: YamlSource, entries: ReadonlyArray<Entry>): YamlSource => {
  const known = new Map(entries.map((entry) => [entry.name, entry]))
  return {
    ...source,
    offsetOf: (path, part) => {
      const entry = path[0] === "vms" && typeof path[1] === "string" ? known.get(path[1]) : undefined
      if (entry === undefined) return source.offsetOf(path, part)
      if (path.length === 2 && entry.named !== undefined) return source.offsetOf(entry.named, "value")
      return source.offsetOf([...entry.place, ...path.slice(2)], part)
    }
  }
}
