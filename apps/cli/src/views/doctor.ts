import type { Finding, FindingStatus, GcAction } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import type { Style } from "../terminal/style.ts"
import { type Cell, columns } from "./columns.ts"
import { gcDocument } from "./gc.ts"

const rank: Readonly<Record<FindingStatus, number>> = { problem: 0, warning: 1, ok: 2 }

const paint = { problem: "red", warning: "yellow", ok: "green" } as const

/** What is wrong comes first; its fix stands below it, to be copied. */
const rowsOf = (finding: Finding, style: Style): ReadonlyArray<ReadonlyArray<Cell>> => {
  const { check, fix, message, status } = finding
  const line = [{ text: status, paint: style[paint[status]] }, check, message]
  return fix === null ? [line] : [line, ["", "", { text: `fix: ${fix}`, paint: style.bold }]]
}

/** `gc` adds what it did, or would do. */
export const doctorDocument = (
  findings: ReadonlyArray<Finding>,
  actions: ReadonlyArray<GcAction> | undefined
): Document => ({
  json: { findings, ...(actions && { actions }) },
  table: (style) => {
    const sorted = findings.toSorted((a, b) => rank[a.status] - rank[b.status])
    const found = columns(
      ["STATUS", "CHECK", "FINDING"],
      sorted.flatMap((finding) => rowsOf(finding, style)),
      style
    )
    return actions === undefined ? found : `${found}\n\n${gcDocument(actions).table(style)}`
  }
})
