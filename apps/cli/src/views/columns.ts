import { printable } from "../terminal/printable.ts"
import type { Style } from "../terminal/style.ts"

type Paint = (text: string) => string

/** A cell: text as it was found, and how to colour it once it has its width. */
export type Cell = string | { readonly text: string; readonly paint: Paint }

const textOf = (cell: Cell): string => printable(typeof cell === "string" ? cell : cell.text)

const paintOf = (cell: Cell): Paint => (typeof cell === "string" ? (text) => text : cell.paint)

const line = (cells: ReadonlyArray<Cell>, widths: ReadonlyArray<number>): string =>
  cells
    .map((cell, index) => paintOf(cell)(textOf(cell)) + " ".repeat(Math.max(0, widths[index]! - textOf(cell).length)))
    .join("  ")
    .trimEnd()

const align = (rows: ReadonlyArray<ReadonlyArray<Cell>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => textOf(row[column]!).length)))
  return rows.map((row) => line(row, widths)).join("\n")
}

/** Rows under headings. */
export const columns = (
  headings: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<Cell>>,
  style: Style
): string => align([headings.map((text) => ({ text, paint: style.bold })), ...rows])

/** The same for what a verb did: where that is nothing, it says so. */
export const columnsOrNothing: typeof columns = (headings, rows, style) =>
  rows.length === 0 ? "nothing to do" : columns(headings, rows, style)

/** `label  value` lines; a value of several lines goes on below itself, an absent one is left out. */
export const fields = (
  entries: ReadonlyArray<readonly [label: string, value: Cell | ReadonlyArray<Cell> | undefined]>,
  style: Style
): string =>
  align(
    entries.flatMap(([label, value]) => {
      const values = value === undefined ? [] : Array.isArray(value) ? (value as ReadonlyArray<Cell>) : [value as Cell]
      return values.map((cell, index) => [{ text: index === 0 ? label : "", paint: style.dim }, cell])
    })
  )
