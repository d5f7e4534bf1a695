import { type ContestantKey, contestantKeys, titles } from "../Contestant.ts"
import type { Cell, Side, Subject } from "../results.ts"
import type { Summary } from "../statistics.ts"

const frame = { left: 64, top: 44, width: 460, height: 300, legend: 176, bottom: 48 } as const

/** Of middling brightness, to be seen on white and on black. */
const ink = "#7d8590"
const colours: Readonly<Record<ContestantKey, string>> = {
  "floor-c": "#57ab5a",
  floor: "#8b949e",
  native: "#2f81f7",
  "pool-floor": "#b08800",
  pool: "#2da44e",
  exec: "#a371f7",
  programs: "#e5534b",
  cni: "#db6d28"
}

const words: Readonly<Record<Side, string>> = {
  attach: "attach",
  detach: "detach as seen by the caller",
  gone: "detach until all is gone"
}

interface Point {
  readonly population: number
  readonly summary: Summary
}

interface Line {
  readonly key: ContestantKey
  readonly points: ReadonlyArray<Point>
}

const linesOf = (cells: ReadonlyArray<Cell>, subject: Subject, side: Side): ReadonlyArray<Line> =>
  contestantKeys.flatMap((key) => {
    const points = cells.flatMap((cell): ReadonlyArray<Point> => {
      const summary = cell[side]
      const isIt = cell.subject === subject && cell.contestant === key
      return isIt && summary !== undefined ? [{ population: cell.population, summary }] : []
    })
    return points.length === 0 ? [] : [{ key, points }]
  })

/** Powers of ten around all of it. */
const decades = (lines: ReadonlyArray<Line>): readonly [from: number, to: number] => {
  const all = lines.flatMap(({ points }) => points.flatMap(({ summary }) => [summary.p10, summary.p90, summary.median]))
  const usable = all.filter((one) => one > 0)
  if (usable.length === 0) return [-1, 1]
  const [from, to] = [Math.floor(Math.log10(Math.min(...usable))), Math.ceil(Math.log10(Math.max(...usable)))]
  return [from, Math.max(to, from + 1)]
}

interface Scales {
  readonly x: (population: number) => string
  readonly y: (ms: number) => string
  readonly populations: ReadonlyArray<number>
  readonly decades: ReadonlyArray<number>
}

const scalesOf = (lines: ReadonlyArray<Line>): Scales => {
  const all = lines.flatMap(({ points }) => points.map(({ population }) => population))
  const populations = [...new Set(all)].toSorted((one, other) => one - other)
  const [from, to] = decades(lines)
  const step = frame.width / Math.max(1, populations.length)
  return {
    populations,
    decades: Array.from({ length: to - from + 1 }, (_, at) => from + at),
    x: (population) => (frame.left + step * (populations.indexOf(population) + 0.5)).toFixed(1),
    y: (ms) => {
      const share = (Math.log10(Math.max(ms, 10 ** from)) - from) / (to - from)
      return (frame.top + frame.height * (1 - share)).toFixed(1)
    }
  }
}

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const word = (x: number | string, y: number | string, text: string, more = ""): string =>
  `<text x="${x}" y="${y}" fill="${ink}"${more}>${escaped(text)}</text>`

const axes = ({ decades, populations, x, y }: Scales): ReadonlyArray<string> => [
  ...decades.flatMap((decade) => {
    const at = y(10 ** decade)
    const label = decade >= 0 ? `${10 ** decade}` : (10 ** decade).toFixed(-decade)
    const right = frame.left + frame.width
    return [
      `<line x1="${frame.left}" x2="${right}" y1="${at}" y2="${at}" stroke="${ink}" stroke-opacity="0.25"/>`,
      word(frame.left - 8, Number(at) + 4, `${label} ms`, ' text-anchor="end"')
    ]
  }),
  ...populations.map((population) =>
    word(x(population), frame.top + frame.height + 18, `${population}`, ' text-anchor="middle"')
  ),
  word(
    frame.left + frame.width / 2,
    frame.top + frame.height + 38,
    "VMs that are there already",
    ' text-anchor="middle"'
  )
]

/** The median as a line, and nine out of ten samples as a band around it. */
const curve = ({ key, points }: Line, { x, y }: Scales): string => {
  const colour = colours[key]
  const upper = points.map(({ population, summary }) => `${x(population)},${y(summary.p90)}`)
  const lower = points.map(({ population, summary }) => `${x(population)},${y(summary.p10)}`)
  const middle = points.map(({ population, summary }) => `${x(population)},${y(summary.median)}`)
  const dots = points.map(
    ({ population, summary }) => `<circle cx="${x(population)}" cy="${y(summary.median)}" r="3" fill="${colour}"/>`
  )
  return [
    `<g id="${key}"><title>${escaped(titles[key])}</title>`,
    `<polygon points="${[...upper, ...lower.toReversed()].join(" ")}" fill="${colour}" fill-opacity="0.15"/>`,
    `<polyline points="${middle.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...dots,
    "</g>"
  ].join("")
}

const legend = (lines: ReadonlyArray<Line>): ReadonlyArray<string> =>
  lines.flatMap(({ key }, at) => {
    const [x, y] = [frame.left + frame.width + 16, frame.top + 12 + 22 * at]
    return [
      `<rect x="${x}" y="${y - 9}" width="12" height="12" rx="2" fill="${colours[key]}"/>`,
      word(x + 18, y + 1, titles[key])
    ]
  })

/** One side of one subject over the populations, as an SVG document that is legible on light and on dark. */
export const plot = (cells: ReadonlyArray<Cell>, subject: Subject, side: Side): string => {
  const lines = linesOf(cells, subject, side)
  const scales = scalesOf(lines)
  const [width, height] = [frame.left + frame.width + frame.legend, frame.top + frame.height + frame.bottom]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    word(frame.left, 24, `${subject}: ${words[side]}, median and p10 to p90`, ' font-size="15"'),
    ...axes(scales),
    ...lines.map((line) => curve(line, scales)),
    ...legend(lines),
    "</svg>\n"
  ].join("\n")
}
