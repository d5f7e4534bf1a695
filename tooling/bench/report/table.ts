import { floorOf, titles } from "../Contestant.ts"
import { type Cell, type Figure, type Ratios, type Results, type Side, sides, type Subject } from "../results.ts"
import { ratio, type Summary } from "../statistics.ts"
import { brief } from "./number.ts"
import { targetsTable } from "./targetsTable.ts"

const right = (text: string, width: number): string => text.padStart(width)

const spread = ({ p10, p90 }: Summary): string => `${brief(p10)}-${brief(p90)}`

/** The cell of another contestant at the same subject and population. */
const beside = (cells: ReadonlyArray<Cell>, { population, subject }: Cell, key: Cell["contestant"]) =>
  cells.find((one) => one.subject === subject && one.population === population && one.contestant === key)

/** The ratio of the two middles, and what the ratios of single rounds scatter by. */
const times = (value: number | undefined, rounds: Ratios[Side]): string => {
  if (value === undefined) return "-"
  return rounds === undefined ? `${brief(value)} ×` : `${brief(value)} × (${spread(rounds)})`
}

const lineOf = (cells: ReadonlyArray<Cell>, cell: Cell, side: Side): string => {
  const summary = cell[side]
  const to = (key: Cell["contestant"], rounds: Ratios): string =>
    times(ratio(summary, beside(cells, cell, key)?.[side]), rounds[side])
  return [
    `  ${titles[cell.contestant].padEnd(22)}`,
    right(`${cell.population}`, 6),
    right(summary === undefined ? "-" : brief(summary.median), 9),
    right(summary === undefined ? "-" : spread(summary), 14),
    right(to(floorOf(cell.contestant), cell.toFloor), 22),
    right(to("native", cell.toVmnet), 22),
    right(`${summary?.samples ?? 0}`, 6),
    right(`${cell.failures.length}`, 7)
  ].join("")
}

const sideWords: Readonly<Record<Side, string>> = {
  attach: "attach",
  detach: "detach, answered",
  gone: "detach, all gone"
}

const head = (subject: Subject, side: Side): string =>
  [
    `${subject}, ${sideWords[side]}`.padEnd(24),
    ...[
      ["VMs", 6],
      ["ms", 9],
      ["p10-p90", 14],
      ["to floor", 22],
      ["to vmnet", 22],
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

const figureLine = ({ note = "", spread, unit, value, what }: Figure): string => {
  const scatter = spread === undefined ? "" : spread.map(brief).join("-")
  return `  ${what.padEnd(56)}${right(brief(value), 10)} ${unit.padEnd(11)}${right(scatter, 14)}  ${note}`.trimEnd()
}

/** Where and when it was measured, in one line. */
export const where = ({ machine, minutes }: Results): string => {
  const [before, after] = machine.load
  const host = `Linux ${machine.kernel}, ${machine.cpus} × ${machine.model}, ${machine.memory}, Node ${machine.node}`
  return `${machine.date}, ${host}; load ${brief(before)} before, ${brief(after)} after; ${brief(minutes)} minutes`
}

const legend = [
  "Milliseconds; ratios are of the medians, and in brackets what those of single rounds scatter by (p10-p90).",
  "A detach of vmnet's is answered when nothing passes any more, and goes on behind that; the others answer at their end: what",
  "they all take is `all gone`, when record and links are (found by asking, a millisecond late). Who is slow has fewer runs, at",
  "least five where time allows; pools are for TAPs only, CNI for slots."
].join("\n")

/** Everything there is, to be read in a terminal. */
export const report = (results: Results): string => {
  const { cells, figures, problems } = results
  const subjects = [...new Set(cells.map(({ subject }) => subject))]
  const tables = subjects.flatMap((subject) => sides.map((side) => sideTable(cells, subject, side)))
  const others = [...Map.groupBy(figures, ({ chapter }) => chapter)].map(([chapter, some]) =>
    [`${chapter.padEnd(80)}${right("p10-p90", 14)}`, ...some.map(figureLine)].join("\n")
  )
  const failed =
    problems.length === 0 ? [] : [[`${problems.length} problems`, ...problems.map((one) => `  ${one}`)].join("\n")]
  return `${[where(results), ...(tables.length === 0 ? [] : [legend]), ...tables, ...others, targetsTable(results), ...failed].join("\n\n")}\n`
}
