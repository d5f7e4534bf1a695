import type { LinkChange, OpsReason } from "@vmnet/core"
import { reasonOfText } from "../text/reasons.ts"
import type { Batch } from "./batch.ts"

/**
 * The same errno means different things to different changes: an existing TAP is EBUSY (`IFF_TUN_EXCL`), an address
 * that is not there was EADDRNOTAVAIL before Linux 6.8 gave it words of its own.
 */
const ofChange = (change: LinkChange, text: string): OpsReason | undefined => {
  if (change._tag === "AddTap" && text.includes("TUNSETIFF") && text.includes("Device or resource busy"))
    return "Exists"
  if (change._tag === "DeleteAddress" && text.includes("Cannot assign requested address")) return "Missing"
  return undefined
}

/**
 * Why `ip` failed. Words of the kernel that are not known (`Error: mtu less than device minimum.`) take the place of
 * an errno and are refusals; so are words that are not an errno from the parser of `ip`.
 */
export const reasonOfIp = (text: string, change: LinkChange | undefined): OpsReason =>
  (change === undefined ? undefined : ofChange(change, text)) ??
  reasonOfText(text) ??
  (/^Error: |is invalid|is wrong/m.test(text) ? "Invalid" : "Failed")

/**
 * The change a batch stopped at. `ip` names the line (`Command failed -:3`), except when its parser gives up on a
 * master that does not exist: then it names the device.
 */
export const failedIndex = (stderr: string, batch: Batch, changes: ReadonlyArray<LinkChange>): number | undefined => {
  const line = /^Command failed -:(\d+)$/m.exec(stderr)?.[1]
  if (line !== undefined) return batch.lines[Number(line) - 1]?.index
  const device = /argument "(.*)" is wrong: Device does not exist/.exec(stderr)?.[1]
  return batch.lines.find(({ index }) => {
    const change = changes[index]
    return change?._tag === "SetMaster" && change.master === device
  })?.index
}
