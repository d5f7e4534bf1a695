import type { Attachment } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import type { Style } from "../terminal/style.ts"
import { columns } from "./columns.ts"
import { publishedText } from "./published.ts"
import { stateCell } from "./state.ts"

export const listHeadings = ["VM", "STATE", "BACKEND", "NETWORK", "ADDRESS", "DEVICE", "PUBLISHED"]

export const attachmentListDocument = (attachments: ReadonlyArray<Attachment>): Document => ({
  json: { vms: attachments },
  table: (style) =>
    columns(
      listHeadings,
      attachments.map((one) => attachmentRow(one, style)),
      style
    )
})

export const attachmentRow = (one: Attachment, style: Style) => [
  one.vm,
  stateCell(one, style),
  one.backend,
  one.network,
  one.host.address,
  one.device.name,
  one.publish.map(publishedText).join(" ")
]
