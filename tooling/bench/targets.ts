import { type ContestantKey, titles } from "./Contestant.ts"
import { downId, startId, upId } from "./figureIds.ts"
import type { Cell, Results, Side, Subject } from "./results.ts"
import { ratio, type Summary } from "./statistics.ts"

/** One thing that is to be reached. */
export interface Target {
  readonly what: string
  readonly wanted: { readonly at: "most" | "least"; readonly value: number; readonly unit: string }
  /** `undefined` where this run has not measured it. */
  readonly measured: number | undefined
  /** What the single samples, or the ratios of single rounds, scatter by. */
  readonly spread: string | undefined
}

/** Those of the four populations and the crowd that a full run has, whatever this one had. */
const populations = [0, 100, 1_000, 4_000]
const crowd = 1_000

const most = (value: number, unit: string): Target["wanted"] => ({ at: "most", value, unit })
const least = (value: number, unit: string): Target["wanted"] => ({ at: "least", value, unit })

const digits = (value: number): string => value.toPrecision(3).replace(/\.?0+$/, "")

const spreadOf = (summary: Summary | undefined): string | undefined =>
  summary === undefined ? undefined : `${digits(summary.p10)}-${digits(summary.p90)}`

const finder =
  ({ cells }: Results, subject: Subject) =>
  (contestant: ContestantKey, population: number): Cell | undefined =>
    cells.find((one) => one.subject === subject && one.contestant === contestant && one.population === population)

const vms = (population: number): string => `${population} VMs`

/** Slots against the floor, a program per step, and CNI. */
const ofSlots = (results: Results): ReadonlyArray<Target> => {
  const find = finder(results, "slot")
  const against = (other: ContestantKey, population: number, wanted: Target["wanted"]): Target => ({
    what: `slot attach: ${titles[other]} / vmnet, ${vms(population)}`,
    wanted,
    measured: ratio(find(other, population)?.attach, find("native", population)?.attach),
    spread: spreadOf(find(other, population)?.toVmnet.attach)
  })
  const toFloor = (population: number): Target => ({
    what: `slot attach: vmnet / ${titles.floor}, ${vms(population)}`,
    wanted: most(1.6, "×"),
    measured: ratio(find("native", population)?.attach, find("floor", population)?.attach),
    spread: spreadOf(find("native", population)?.toFloor.attach)
  })
  return [
    ...populations.map(toFloor),
    ...populations.map((population) => against("programs", population, least(15, "×"))),
    against("cni", crowd, least(40, "×"))
  ]
}

const milliseconds = (what: string, cell: Cell | undefined, side: Side): Target => ({
  what,
  wanted: most(1, "ms"),
  measured: cell?.[side]?.median,
  spread: spreadOf(cell?.[side])
})

const ofPools = (results: Results): ReadonlyArray<Target> => {
  const find = finder(results, "tap")
  const [empty, full] = [find("pool", 0), find("pool", 4_000)]
  return [
    ...populations.map((population) =>
      milliseconds(`TAP attach from a pool, ${vms(population)}`, find("pool", population), "attach")
    ),
    {
      what: "TAP attach from a pool, 4000 VMs / 0 VMs",
      wanted: most(1.25, "×"),
      measured: ratio(full?.attach, empty?.attach),
      spread: undefined
    }
  ]
}

const ofDetaching = (results: Results): ReadonlyArray<Target> => {
  const contestants = [
    ["slot", "native", "slot"],
    ["tap", "native", "TAP"],
    ["tap", "pool", "TAP of a pool"],
    ["bridge", "native", "bridge port"]
  ] as const
  return contestants.flatMap(([subject, key, what]) =>
    populations.map((population) =>
      milliseconds(`${what} detach, answered, ${vms(population)}`, finder(results, subject)(key, population), "detach")
    )
  )
}

const ofFigure = ({ figures }: Results, id: string, what: string, wanted: Target["wanted"], scale = 1): Target => {
  const figure = figures.find((one) => one.id === id)
  const measured = figure === undefined ? undefined : figure.value * scale
  const spread = figure?.spread?.map((one) => digits(one * scale)).join("-")
  return { what, wanted, measured, spread }
}

const ofCrowds = (results: Results): ReadonlyArray<Target> => {
  const slots = { kind: "slot", count: crowd } as const
  const one = (id: string, what: string, seconds: number): Target =>
    ofFigure(results, id, `${crowd} slots ${what}`, most(seconds, "s"), 1e-3)
  return [
    one(upId(slots, "together"), "up", 5),
    one(downId(slots, "together", "answered"), "down together: answered", 2),
    one(downId(slots, "together", "gone"), "down together: all gone", 2),
    one(downId(slots, "at once", "answered"), "down, each at once: answered", 2),
    one(downId(slots, "at once", "gone"), "down, each at once: all gone", 2)
  ]
}

const ofStarts = (results: Results): ReadonlyArray<Target> =>
  (["netns", "tap"] as const).flatMap((backend) =>
    (["up", "down"] as const).map((verb) =>
      ofFigure(results, startId(verb, backend), `one-shot vmnet ${verb}, ${backend} / node -e 0`, most(3, "×"))
    )
  )

/** What is to be reached, and what this run has measured of it. */
export const targetsOf = (results: Results): ReadonlyArray<Target> =>
  [ofSlots, ofPools, ofDetaching, ofCrowds, ofStarts].flatMap((some) => some(results))

/** Whether it is reached, and how far it is from what is wanted: 1 is just there, 2 is twice too much or half of it. */
export const judged = ({
  measured,
  wanted
}: Target): { readonly reached: boolean; readonly off: number } | undefined => {
  if (measured === undefined || Number.isNaN(measured)) return undefined
  const off = wanted.at === "most" ? measured / wanted.value : wanted.value / measured
  return { reached: off <= 1, off }
}
