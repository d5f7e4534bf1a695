import type { LinkChange, OpsReason } from "@vmnet/core"
import { reasonOfText } from "../text/reasons.ts"

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
 * Why a change failed, from the words of `ip`. Words of the kernel that are not known (`Error: mtu less than device
 * minimum.`) take the place of an errno and are refusals; so are words that are not an errno from the parser of `ip`.
 */
export const reasonOfChange = (text: string, change: LinkChange | undefined): OpsReason =>
  (change === undefined ? undefined : ofChange(change, text)) ??
  reasonOfText(text) ??
  (/^Error: |is invalid|is wrong/m.test(text) ? "Invalid" : "Failed")
