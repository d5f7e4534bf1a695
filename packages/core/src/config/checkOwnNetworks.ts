import type { BackendKind } from "../plan/Attachment.ts"
import type { Config } from "./Config.ts"
import type { ConfigReader } from "./ConfigReader.ts"
import { defaultBackend } from "./defaults.ts"
import { formatPath } from "./Path.ts"
import type { VmConfig } from "./sections/sections.ts"

/** The network a VM of the file is of: what it names, or its backend's own. */
export const networkNameOf = (config: VmConfig): string => config.network ?? config.backend ?? defaultBackend

/** For each network that a VM is of, the first such VM of the file; a VM whose own words for it are wrong is of none. */
export const usersOf = (reader: ConfigReader, vms: Config["vms"]): ReadonlyMap<string, string> => {
  const users = new Map<string, string>()
  for (const [vm, config] of Object.entries(vms)) {
    const isWrong = ["network", "backend"].some((option) => reader.isRefused(["vms", vm, option]))
    if (!isWrong && !users.has(networkNameOf(config))) users.set(networkNameOf(config), vm)
  }
  return users
}

/** A network that leaves the subnet (or the links) out has that of its backend's own network, which VMs may use too. */
export const checkOwnNetworks = (reader: ConfigReader, { networks, vms }: Config): void => {
  const users = usersOf(reader, vms)
  const told = new Set<string>()
  for (const [network, config] of Object.entries(networks)) {
    const { backend = defaultBackend } = config
    const user = Object.hasOwn(networks, backend) ? undefined : users.get(backend)
    if (user === undefined || reader.isRefused(["networks", network, "backend"])) continue
    for (const option of ["subnet", "links"] as const) {
      if (!Object.hasOwn(reader.sections[backend]!.network, option)) continue
      if (config[option] !== undefined || reader.isRefused(["networks", network, option])) continue
      // The next one has been told already that this one has the default.
      if (told.has(`${backend} ${option}`)) continue
      told.add(`${backend} ${option}`)
      reader.refuse(["networks", network], problemOf(backend, option, formatPath(["vms", user])))
    }
  }
}

const problemOf = (backend: BackendKind, option: "subnet" | "links", user: string): string => {
  const needs = option === "subnet" ? "needs a subnet" : "needs links of its own"
  return `${needs}: the ${backend} backend's own network, which ${user} uses, has the default`
}
