import type { GcAction } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { columns } from "./columns.ts"

export const gcDocument = (actions: ReadonlyArray<GcAction>): Document => ({
  json: { actions },
  table: (style) =>
    columns(
      ["ACTION", "VM", "KIND", "NAME", "REASON"],
      actions.map(({ action, kind, name, reason, vm }) => [
        { text: action, paint: action === "skipped" ? style.dim : style.green },
        vm ?? "",
        kind,
        name,
        reason
      ]),
      style
    )
})
