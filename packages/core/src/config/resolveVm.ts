import { Result } from "effect"
import { parsePid, parseTapOwner, type TapOwner } from "../names/ids.ts"
import { Mac } from "../names/Mac.ts"
import { parseNetnsPath } from "../names/NetnsPath.ts"
import type { Parsed } from "../names/Parsed.ts"
import { parseEgress, parseEgressRule } from "../net/Egress.ts"
import { formatPublish, parsePublish, publishOverlaps } from "../net/Publish.ts"
import type { ProcessId } from "../ops/HostProbe.ts"
import type { Netns } from "../ops/Netns.ts"
import type { EgressPolicy, NetworkSpec, PublishSpec } from "../plan/AttachRequest.ts"
import { guestAddress, slotAddress } from "./guestAddress.ts"
import type { RequestFlags } from "./RequestFlags.ts"
import type { VmConfig } from "./sections/sections.ts"
import { fromConfig, fromFlag, fromList, type Setting, type SettingReader } from "./Setting.ts"

/** The two places a VM's settings come from, the command line before the file. A list replaces a list. */
export interface VmSources {
  readonly flags: RequestFlags
  /** `vms.NAME`. */
  readonly section: string
  readonly config: VmConfig
  readonly findProcess: (pid: number) => ProcessId | null
}

export const resolvePublish = (
  reader: SettingReader,
  { flags, section, config }: VmSources
): ReadonlyArray<PublishSpec> => {
  const settings = fromList("--publish", flags.publish, section, "publish", config.publish)
  reader.note("publish", settings[0])
  return readPublishes(reader, settings)
}

/** Specs that can all be in force together; of two that want one port the later is refused. */
export const readPublishes = (
  reader: SettingReader,
  settings: ReadonlyArray<Setting<string>>
): ReadonlyArray<PublishSpec> => {
  const specs: Array<PublishSpec> = []
  for (const setting of settings) {
    const spec = reader.read(setting, parsePublish)
    if (spec === undefined) continue
    const taken = specs.find((other) => publishOverlaps(other, spec))
    if (taken === undefined) specs.push(spec)
    else reader.refuse(setting.path, `wants a host port that ${formatPublish(taken)} has already`)
  }
  return specs
}

export const resolveEgress = (reader: SettingReader, { flags, section, config }: VmSources): EgressPolicy => {
  const written = config.egress
  const [key, texts] = typeof written === "object" ? ["egress.allow", written.allow] : ["egress", written && [written]]
  const settings = fromList("--egress", flags.egress, section, key, texts)
  reader.note("egress", settings[0])
  if (settings.length === 0) return { _tag: "Internet" }
  const before = reader.problems.length
  for (const setting of settings) reader.read(setting, parseEgressText)
  if (reader.problems.length > before) return { _tag: "None" }
  const whole = {
    value: settings.map(({ value }) => value),
    origin: "",
    path: settings.map(({ path }) => path).join(" ")
  }
  return reader.read(whole, parseEgress) ?? { _tag: "None" }
}

const parseEgressText = (text: string): Parsed<unknown> =>
  text === "internet" || text === "none" ? Result.succeed(text) : parseEgressRule(text)

export const resolveAddress = (
  reader: SettingReader,
  { flags, section, config }: VmSources,
  network: NetworkSpec | undefined
): string | undefined => {
  const setting = fromFlag("--ip", flags.ip) ?? fromConfig(section, "ip", config.ip)
  reader.note("ip", setting)
  return reader.read(setting, (text) => guestAddress(text, network))
}

/** A slot is asked for by its number: the address that leads to it is that many above the subnet's own. */
export const resolveSlot = (
  reader: SettingReader,
  { flags, section, config }: VmSources,
  network: NetworkSpec | undefined
): string | undefined => {
  const setting = fromFlag("--slot", flags.slot) ?? fromConfig(section, "slot", text(config.slot))
  reader.note("slot", setting)
  return reader.read(setting, (text) => slotAddress(text, network))
}

export const resolveMac = (reader: SettingReader, { flags, section, config }: VmSources): string | undefined => {
  const setting = fromFlag("--mac", flags.mac) ?? fromConfig(section, "mac", config.mac)
  reader.note("mac", setting)
  return reader.read(setting, Mac.parse)
}

export const resolveOwner = (reader: SettingReader, { flags, findProcess }: VmSources): ProcessId | undefined => {
  const setting = fromFlag("--owner-pid", flags.ownerPid)
  reader.note("owner", setting)
  return reader.read(setting, (text) => runningProcess(text, findProcess))
}

const runningProcess = (text: string, findProcess: (pid: number) => ProcessId | null): Parsed<ProcessId> =>
  Result.flatMap(parsePid(text), (pid) => {
    const found = findProcess(pid)
    return found === null ? Result.fail(`no process ${pid} is running`) : Result.succeed(found)
  })

/** Where the guest's veth end goes; a TAP has an owner instead, so the two exclude one another. */
export const resolveDevice = (
  reader: SettingReader,
  { flags, section, config, findProcess }: VmSources
): { readonly target?: Netns; readonly tapOwner?: TapOwner } => {
  const path = fromFlag("--netns", flags.netns)
  const pid = fromFlag("--pid", flags.pid)
  if (path !== undefined && pid !== undefined) reader.refuse(pid.path, `cannot be combined with ${path.path}`)
  const configured = pid === undefined ? fromConfig(section, "netns", config.netns) : undefined
  const place = pid ?? path ?? configured
  const byPath = reader.read(path ?? configured, parseNetnsPath)
  const process = reader.read(pid, (text) => runningProcess(text, findProcess))
  const target = targetOf(byPath, process)
  const owner = fromFlag("--tap-owner", flags.tapOwner) ?? fromConfig(section, "tapOwner", text(config.tapOwner))
  const tapOwner = reader.read(owner, parseTapOwner)
  reader.note("target", place)
  reader.note("tapOwner", owner)
  if (place !== undefined && owner !== undefined) {
    reader.refuse(owner.path, `there is no TAP to own: the guest's end goes to ${place.path}`)
  }
  return { ...(target && { target }), ...(tapOwner && { tapOwner }) }
}

const targetOf = (path: string | undefined, process: ProcessId | undefined): Netns | undefined => {
  if (process !== undefined) return { _tag: "Process", pid: process.pid, startTime: process.startTime }
  return path === undefined ? undefined : { _tag: "Path", path }
}

const text = (value: string | number | undefined): string | undefined => (value === undefined ? undefined : `${value}`)
