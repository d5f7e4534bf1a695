import type { DriftItem, RepairAction } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { columnsOrNothing } from "./columns.ts"

export const driftDocument = (drift: ReadonlyArray<DriftItem>): Document => ({
  json: { drift },
  table: (style) =>
    columnsOrNothing(
      ["DRIFT", "VM", "KIND", "NAME", "NETNS", "DETAIL"],
      drift.map(({ detail, drift: what, kind, name, netns, vm }) => [
        { text: what, paint: style.red },
        vm ?? "",
        kind,
        name,
        netns ?? "host",
        detail
      ]),
      style
    )
})

export const repairDocument = (actions: ReadonlyArray<RepairAction>): Document => ({
  json: { actions },
  table: (style) =>
    columnsOrNothing(
      ["ACTION", "VM", "KIND", "NAME", "REASON"],
      actions.map(({ action, kind, name, reason, vm }) => [
        { text: action, paint: action === "left" ? style.red : style.green },
        vm ?? "",
        kind,
        name,
        reason
      ]),
      style
    )
})
