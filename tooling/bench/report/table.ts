import { floorOf, titles } from "../Contestant.ts"
import type { Cell, Figure, Results, Subject } from "../results.ts"
import { ratio, type Summary } from "../statistics.ts"

export type Side = "attach" | "detach"

const right = (text: string, width: number): string => text.padStart(width)

/** Three digits that count, whatever the size. */
export const number = (value: number): string => {
  if (!Number.isFinite(value)) return "-"
  if (value >= 100) return value.toFixed(0)
  return value >= 10 ? value.toFixed(1) : value.toFixed(2)
}

const times = (value: number | undefined): string => (value === undefined ? "-" : `${number(value)} ×`)

const spread = ({ p10, p90 }: Summary): string => `${number(p10)}-${number(p90)}`

/** The cell of another contestant at the same subject and population. */
const beside = (cells: ReadonlyArray<Cell>, { population, subject }: Cell, key: Cell["contestant"]) =>
  cells.find((one) => one.subject === subject && one.population === population && one.contestant === key)

const lineOf = (cells: ReadonlyArray<Cell>, cell: Cell, side: Side): string => {
  const summary = cell[side]
  const to = (key: Cell["contestant"]): string => times(ratio(summary, beside(cells, cell, key)?.[side]))
  return [
    `  ${titles[cell.contestant].padEnd(22)}`,
    right(`${cell.population}`, 6),
    right(summary === undefined ? "-" : number(summary.median), 9),
    right(summary === undefined ? "-" : spread(summary), 14),
    right(to(floorOf(cell.contestant)), 10),
    right(to("native"), 10),
    right(`${summary?.samples ?? 0}`, 6),
    right(`${cell.failures.length}`, 7)
  ].join("")
}

const head = (subject: Subject, side: Side): string =>
  [
    `${subject}, ${side}`.padEnd(24),
    ...[
      ["VMs", 6],
      ["ms", 9],
      ["p10-p90", 14],
      ["to floor", 10],
      ["to vmnet", 10],
      ["runs", 6],
      ["failed", 7]
    ].map(([word, width]) => right(`${word}`, Number(width)))
  ].join("")

/** One side of one subject: a line for each contestant at each population. */
export const sideTable = (cells: ReadonlyArray<Cell>, subject: Subject, side: Side): string => {
  const own = cells.filter((cell) => cell.subject === subject)
  const byContestant = Map.groupBy(own, ({ contestant }) => contestant)
  return [head(subject, side), ...[...byContestant.values()].flat().map((cell) => lineOf(cells, cell, side))].join("\n")
}

const figureLine = ({ note, unit, value, what }: Figure): string =>
  `  ${what.padEnd(56)}${right(number(value), 10)} ${unit.padEnd(11)}${note ?? ""}`.trimEnd()

/** Everything there is, to be read in a terminal. */
export const report = ({ cells, figures, machine, problems }: Results): string => {
  const subjects = [...new Set(cells.map(({ subject }) => subject))]
  const tables = subjects.flatMap((subject) => [
    sideTable(cells, subject, "attach"),
    sideTable(cells, subject, "detach")
  ])
  const others = [...Map.groupBy(figures, ({ chapter }) => chapter)].map(([chapter, some]) =>
    [chapter, ...some.map(figureLine)].join("\n")
  )
  const [before, after] = machine.load
  const where = `Linux ${machine.kernel}, ${machine.cpus} × ${machine.model}, Node ${machine.node}; load ${number(before)} before, ${number(after)} after`
  const failed =
    problems.length === 0 ? [] : [[`${problems.length} problems`, ...problems.map((one) => `  ${one}`)].join("\n")]
  return `${[where, ...tables, ...others, ...failed].join("\n\n")}\n`
}
