import { Option, Schema } from "effect"
import { forwardingShare } from "./forwarding.ts"
import type { HeldRow } from "./HeldRow.ts"
import { hostNetns } from "../ops/Netns.ts"
import { decodeSysctlMemo } from "../resource/decodeSysctlMemo.ts"
import type { SysctlResource } from "../resource/Resource.ts"
import type { SysctlMemo } from "../resource/SysctlDriver.ts"

export interface HeldParameter {
  readonly resource: SysctlResource
  readonly memo: SysctlMemo
}

export interface DecodedShare {
  readonly key: string
  readonly parameters: ReadonlyArray<HeldParameter>
}

const decodeMemos = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Schema.Unknown)))

/**
 * What a row of the register says, with the parameters that its share is made of: one memo for each. The register is a
 * file, and what is said there is written to the kernel: of a row that is not whole nothing is believed.
 */
export const decodeHeld = (row: HeldRow): ReadonlyArray<DecodedShare> => {
  const resources = forwardingShare(row.share, hostNetns)?.resources ?? []
  const memos = Option.getOrElse(decodeMemos(row.memos), () => [])
  const parameters = resources.flatMap((resource, index): ReadonlyArray<HeldParameter> => {
    const memo = resource.kind === "Sysctl" ? decodeSysctlMemo(resource, memos[index]) : undefined
    return resource.kind === "Sysctl" && memo !== undefined ? [{ resource, memo }] : []
  })
  const isWhole = parameters.length > 0 && parameters.length === resources.length && memos.length === resources.length
  return isWhole ? [{ key: row.share, parameters }] : []
}
