import { Result } from "effect"
import { makeIpv4Pool } from "../net/Ipv4Pool.ts"
import { backendOfNetwork } from "./backendOf.ts"
import type { Config } from "./Config.ts"
import { entry } from "./entry.ts"
import type { ConfigReader } from "./ConfigReader.ts"
import { defaultBackend } from "./defaults.ts"
import { guestAddress } from "./guestAddress.ts"
import { formatPath, type Path } from "./Path.ts"
import { kindsOf, type VmConfig } from "./sections/sections.ts"
import { suggestion } from "./suggest.ts"

/** VMs against their networks, and against one another. */
export const checkVms = (reader: ConfigReader, networks: Config["networks"], vms: Config["vms"]): void => {
  const taken = new Map<string, string>()
  for (const [vm, config] of Object.entries(vms)) {
    const path = ["vms", vm]
    checkNetwork(reader, networks, path, config)
    checkEgress(reader, path, config)
    checkDevice(reader, path, config)
    checkAddress(reader, networks, path, config)
    checkUnique(reader, taken, path, config)
  }
}

const checkNetwork = (reader: ConfigReader, networks: Config["networks"], path: Path, config: VmConfig): void => {
  if (config.network === undefined) return
  const backend = backendOfNetwork(networks, config.network, reader.sections)
  if (backend === undefined) {
    const known = suggestion(config.network, [...Object.keys(networks), ...kindsOf(reader.sections)])
    reader.refuse([...path, "network"], `there is no network "${config.network}"${known}`)
  } else if (config.backend !== undefined && config.backend !== backend) {
    reader.refuse([...path, "network"], `network ${config.network} is of the ${backend} backend, not ${config.backend}`)
  }
}

const checkEgress = (reader: ConfigReader, path: Path, { egress }: VmConfig): void => {
  if (typeof egress !== "object" || egress.allow.length > 0) return
  reader.refuse([...path, "egress", "allow"], "the list is empty: to allow nothing, say egress: none")
}

const checkDevice = (reader: ConfigReader, path: Path, { netns, tapOwner }: VmConfig): void => {
  if (netns === undefined || tapOwner === undefined) return
  reader.refuse([...path, "tapOwner"], `there is no TAP to own: the guest's end goes to ${netns}`)
}

const networkOf = (config: VmConfig): string => config.network ?? config.backend ?? defaultBackend

const checkAddress = (reader: ConfigReader, networks: Config["networks"], path: Path, config: VmConfig): void => {
  const network = networkOf(config)
  const { subnet, ...settings } = entry(networks, network) ?? {}
  if (config.ip === undefined || subnet === undefined) return
  // A network that is wrong in itself has been told so already.
  if (Result.isFailure(makeIpv4Pool({ ...settings, subnet }))) return
  const address = guestAddress(config.ip, { ...settings, subnet, network })
  if (Result.isFailure(address)) reader.refuse([...path, "ip"], address.failure)
}

/** Two VMs of a network with one address could never be up together. */
const checkUnique = (reader: ConfigReader, taken: Map<string, string>, path: Path, config: VmConfig): void => {
  for (const option of ["ip", "mac"] as const) {
    const value = config[option]?.toLowerCase()
    if (value === undefined) continue
    const key = `${networkOf(config)} ${value}`
    const other = taken.get(key)
    if (other === undefined) taken.set(key, formatPath(path))
    else reader.refuse([...path, option], `${value} is that of ${other} already`)
  }
}
