import type { ManagerSetting } from "../../ops/HostSurvey.ts"
import { type Check, ok, warning, whenSeen } from "../Check.ts"
import { guestDevices } from "../firewall/devices.ts"
import { globCovers } from "../glob.ts"

const file = "/etc/NetworkManager/conf.d/90-vmnet.conf"
const devices = guestDevices.map((prefix) => `interface-name:${prefix}*`).join(";")
const fix = `printf '[keyfile]\\nunmanaged-devices+=${devices}\\n' > ${file} && nmcli general reload`

/** A later setting takes the place of an earlier one, unless it begins with `+` (NetworkManager.conf(5)). */
const specsOf = (settings: ReadonlyArray<ManagerSetting>): ReadonlyArray<string> => {
  const start = settings.findLastIndex(({ value }) => !value.startsWith("+"))
  return settings
    .slice(Math.max(0, start))
    .flatMap(({ value }) => value.replace(/^\+/, "").split(/[;,]/))
    .map((spec) => spec.trim())
}

const isLeftAlone = (prefix: string, specs: ReadonlyArray<string>): boolean =>
  specs.some((spec) => spec === "*" || globCovers(/^(?:interface-name:)(?!=)(.+)$/.exec(spec)?.[1] ?? "", prefix))

/** It would take over devices that it does not know, give them addresses, or take them down. */
export const networkManager: Check = {
  id: "network-manager",
  diagnose: ({ networkManager }) =>
    whenSeen(networkManager, "NetworkManager", ({ running, unmanaged }) => {
      const specs = specsOf(unmanaged)
      const managed = guestDevices.filter((prefix) => !isLeftAlone(prefix, specs))
      const details = { running, unmanaged }
      if (!running) return [ok("NetworkManager does not run", details)]
      if (managed.length === 0) return [ok("NetworkManager leaves devices of guests alone", details)]
      return [
        warning(
          `NetworkManager runs and is not told to leave ${managed.map((prefix) => `${prefix}*`).join(", ")} alone: it may reconfigure devices of guests`,
          fix,
          details
        )
      ]
    })
}
