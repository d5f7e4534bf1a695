import type { VmDetail } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { attachmentFields } from "./attachment.ts"
import { columns, fields } from "./columns.ts"
import { settingRows } from "./settings.ts"

export const vmDetailDocument = (detail: VmDetail): Document => ({
  // The attachment's own fields stay at the top, so that whatever reads `up --json` reads this too.
  json: {
    ...detail.attachment,
    createdAt: detail.createdAt,
    request: detail.request,
    resources: detail.resources,
    problems: detail.problems
  },
  attachment: detail.attachment,
  table: (style) => {
    const rows = detail.resources.map((resource) => [resource.what, resource.state])
    const head = fields(
      [
        ...attachmentFields(detail.attachment, style),
        ["since", detail.createdAt],
        ["problems", detail.problems.length === 0 ? undefined : detail.problems]
      ],
      style
    )
    const settings = settingRows(detail.request)
    return [
      head,
      ...(settings.length === 0 ? [] : [columns(["SETTING", "VALUE", "FROM"], settings, style)]),
      ...(rows.length === 0 ? [] : [columns(["OBJECT", "RECORDED AS"], rows, style)])
    ].join("\n\n")
  }
})
