import type { Attachment } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import type { Style } from "../terminal/style.ts"
import { type Cell, fields } from "./columns.ts"
import { publishedText } from "./published.ts"
import { stateCell } from "./state.ts"

type Field = readonly [label: string, value: Cell | ReadonlyArray<Cell> | undefined]

const inNetns = (attachment: Attachment): string => {
  const { kind, netns } = attachment.device
  return `${attachment.device.name} (${kind}${netns === null ? "" : ` in ${netns}`})`
}

/** What `up` and `show` say about a VM, in the order a person configures one. */
export const attachmentFields = (attachment: Attachment, style: Style): ReadonlyArray<Field> => {
  const { guest, host } = attachment
  return [
    ["VM", { text: attachment.vm, paint: style.bold }],
    ["state", stateCell(attachment, style)],
    ["network", `${attachment.network} (${attachment.backend})`],
    ["device", inNetns(attachment)],
    ["guest MAC", guest.mac],
    ["guest address", guest.address],
    ["gateway", guest.gateway],
    ["DNS", guest.dns.length === 0 ? "none" : guest.dns.join(", ")],
    ["MTU", String(guest.mtu)],
    ["reached at", host.address],
    ["uplink", host.uplink ?? "none"],
    ["published", attachment.publish.length === 0 ? undefined : attachment.publish.map(publishedText)]
  ]
}

export const attachmentDocument = (attachment: Attachment): Document => ({
  json: attachment,
  attachment,
  table: (style) => fields(attachmentFields(attachment, style), style)
})
