import type { Results } from "../results.ts"
import { judged, type Target, targetsOf } from "../targets.ts"
import { brief } from "./number.ts"

const wantedWords = ({ at, unit, value }: Target["wanted"]): string => `${at === "most" ? "≤" : "≥"} ${value} ${unit}`

const measuredWords = ({ measured, wanted }: Target): string =>
  measured === undefined ? "not measured" : `${brief(measured)} ${wanted.unit}`

/** A miss is said as the factor that is lacking; what is reached, as how much there is to spare. */
const verdictWords = (target: Target): string => {
  const verdict = judged(target)
  if (verdict === undefined) return "-"
  const { off, reached } = verdict
  return reached ? `yes, ${brief(1 / off)} times better` : `no, by ${brief(off)} times`
}

const rowOf = (target: Target): ReadonlyArray<string> => [
  target.what,
  wantedWords(target.wanted),
  measuredWords(target),
  verdictWords(target),
  target.spread ?? ""
]

const head = ["wanted / measured", "wanted", "measured", "reached", "p10-p90"] as const

const rowsOf = (results: Results): ReadonlyArray<ReadonlyArray<string>> => targetsOf(results).map(rowOf)

/** Every target, to be read in a terminal. */
export const targetsTable = (results: Results): string => {
  const rows = [head, ...rowsOf(results)]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row, at) =>
      row
        .map((text, column) => text.padEnd(widths[column]! + (column === 0 && at === 0 ? 2 : 0)))
        .join("  ")
        .replace(/^/, at === 0 ? "" : "  ")
        .trimEnd()
    )
    .join("\n")
}

const markdownRow = (row: ReadonlyArray<string>): string => `| ${row.join(" | ")} |`

/** The same in Markdown. */
export const targetsMarkdown = (results: Results): string =>
  [markdownRow(["", ...head.slice(1)]), markdownRow(head.map(() => "---")), ...rowsOf(results).map(markdownRow)].join(
    "\n"
  )
