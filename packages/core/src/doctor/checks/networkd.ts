import type { NetworkFile } from "../../ops/HostSurvey.ts"
import { type Check, ok, warning, whenSeen } from "../Check.ts"
import { guestDevices } from "../firewall/devices.ts"
import { globCovers } from "../glob.ts"

const file = "/etc/systemd/network/05-vmnet.network"
const names = guestDevices.map((prefix) => `${prefix}*`).join(" ")
const fix = `printf '[Match]\\nName=${names}\\n\\n[Link]\\nUnmanaged=yes\\n' > ${file} && networkctl reload`

/** Conditions that devices of guests meet; any other (a MAC address, a driver, ...) is taken as one they do not. */
const meets = (prefix: string, key: string, value: string): boolean => {
  const words = value.split(/\s+/)
  if (key === "Name") {
    const [inverted, patterns] = words[0]?.startsWith("!")
      ? [true, [words[0].slice(1), ...words.slice(1)]]
      : [false, words]
    return patterns.some((pattern) => globCovers(pattern, prefix)) !== inverted
  }
  if (key === "Type")
    return words.some((word) => ["ether", "*", ...(prefix === "vmb" ? ["bridge"] : [])].includes(word))
  return key === "Kind" && words.includes({ vmb: "bridge", vmt: "tun", vmv: "veth" }[prefix] ?? "")
}

const matches = (prefix: string, { match }: NetworkFile): boolean =>
  match.length > 0 && match.every(([key, value]) => meets(prefix, key, value))

/** A file for every device (`Name=*`, `Type=ether`) is one for those of guests: they would get what it configures. */
export const networkd: Check = {
  id: "networkd",
  diagnose: ({ networkd }) =>
    whenSeen(networkd, "systemd-networkd", ({ files, running }) => {
      const taken = guestDevices.flatMap((prefix) => {
        const first = files.find((one) => matches(prefix, one))
        return first === undefined || first.unmanaged ? [] : [{ device: `${prefix}*`, file: first.file }]
      })
      const details = { running, taken }
      if (!running) return [ok("systemd-networkd does not run", details)]
      if (taken.length === 0) return [ok("systemd-networkd has no configuration for devices of guests", details)]
      const where = [...new Set(taken.map((one) => one.file))].join(", ")
      return [
        warning(
          `systemd-networkd configures ${taken.map(({ device }) => device).join(", ")} as ${where} says, which matches devices of guests too`,
          fix,
          details
        )
      ]
    })
}
