import { mkdirSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type Results, sides } from "../results.ts"
import { plot } from "./plot.ts"
import { report, where } from "./table.ts"
import { targetsMarkdown } from "./targetsTable.ts"

const directory = fileURLToPath(new URL("../../docs/figures/", import.meta.url))

export const asJson = (results: Results): string => `${JSON.stringify(results, null, 2)}\n`

const plotName = (subject: string, side: string): string => `bench-${subject}-${side}.svg`

/** What was wanted and what was measured, with plots and all figures. */
export const asMarkdown = (results: Results): string => {
  const subjects = [...new Set(results.cells.map(({ subject }) => subject))]
  const plots = subjects.flatMap((subject) => sides.map((side) => `![${subject}: ${side}](${plotName(subject, side)})`))
  return [
    "# Figures of one run of `pnpm bench`",
    `${where(results)}. Written by \`pnpm bench --write\`; [what they mean](../performance.md).`,
    "## Wanted and measured",
    targetsMarkdown(results),
    "## Plots",
    plots.join("\n"),
    "## All of it",
    `\`\`\`text\n${report(results)}\`\`\``
  ]
    .join("\n\n")
    .concat("\n")
}

/** The plots and the figures that the documentation shows; the names of the files. */
export const writeDocs = (results: Results): ReadonlyArray<string> => {
  const subjects = [...new Set(results.cells.map(({ subject }) => subject))]
  const files = [
    ...subjects.flatMap((subject) =>
      sides.map((side) => [plotName(subject, side), plot(results.cells, subject, side)] as const)
    ),
    ["bench.json", asJson(results)],
    ["bench.md", asMarkdown(results)]
  ] as const
  mkdirSync(directory, { recursive: true })
  for (const [name, text] of files) writeFileSync(`${directory}${name}`, text)
  return files.map(([name]) => name)
}
