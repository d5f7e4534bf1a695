import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Results } from "../results.ts"
import { plot } from "./plot.ts"

const docs = (name: string): string => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url))

export const asJson = (results: Results): string => `${JSON.stringify(results, null, 2)}\n`

/** The plots and the figures that the documentation shows; the names of the files. */
export const writeDocs = (results: Results): ReadonlyArray<string> => {
  const subjects = [...new Set(results.cells.map(({ subject }) => subject))]
  const plots = subjects.flatMap((subject) =>
    (["attach", "detach"] as const).map((side) => {
      const name = `bench-${subject}-${side}.svg`
      writeFileSync(docs(name), plot(results.cells, subject, side))
      return name
    })
  )
  writeFileSync(docs("bench.json"), asJson(results))
  return [...plots, "bench.json"]
}
