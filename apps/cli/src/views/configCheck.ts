import type { Config } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { printable } from "../terminal/printable.ts"

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`

/** A configuration without a problem; `file` is null where there is none and the defaults apply. */
export const configCheckDocument = (file: string | null, config: Config): Document => {
  const networks = Object.keys(config.networks).length
  const vms = Object.keys(config.vms).length
  return {
    json: { file, valid: true, networks, vms },
    table: (style) =>
      file === null
        ? "no configuration file, the defaults apply"
        : `${printable(file)}: ${style.green("valid")}, ${counted(networks, "network")}, ${counted(vms, "VM")}`
  }
}
