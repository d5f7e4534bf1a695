import type { GcAction } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { columnsOrNothing } from "./columns.ts"

export const gcDocument = (actions: ReadonlyArray<GcAction>): Document => ({
  json: { actions },
  table: (style) =>
    columnsOrNothing(
      ["ACTION", "VM", "KIND", "NAME", "NETNS", "REASON"],
      actions.map(({ action, kind, name, netns, reason, vm }) => [
        { text: action, paint: action === "skipped" ? style.dim : style.green },
        vm ?? "",
        kind,
        name,
        netns ?? "host",
        reason
      ]),
      style
    )
})
