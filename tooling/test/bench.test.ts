import { assert, describe, it } from "@effect/vitest"
import { titles } from "../bench/Contestant.ts"
import { minutesOf } from "../bench/estimate.ts"
import { config, networkOfMember } from "../bench/networks.ts"
import { parseOptions } from "../bench/options.ts"
import { plot } from "../bench/report/plot.ts"
import { report, sideTable } from "../bench/report/table.ts"
import type { Cell } from "../bench/results.ts"
import { median, percentile, ratio, shuffled, summarize } from "../bench/statistics.ts"

const summary = (ms: number) => ({ samples: 3, median: ms, p10: ms / 2, p90: ms * 2 })

const cell = (contestant: Cell["contestant"], population: number, ms: number): Cell => ({
  subject: "slot",
  population,
  contestant,
  attach: summary(ms),
  detach: undefined,
  gone: undefined,
  toFloor: {},
  toVmnet: {},
  failures: contestant === "exec" ? ["attach: no"] : []
})

const cells = [
  cell("floor", 0, 2),
  cell("native", 0, 3),
  cell("exec", 0, 60),
  cell("floor", 1_000, 4),
  cell("native", 1_000, 5)
]

describe("statistics", () => {
  it("finds the middle of samples in any order, between two where their number is even", () => {
    assert.strictEqual(median([5, 1, 3]), 3)
    assert.strictEqual(median([4, 1, 3, 2]), 2.5)
    assert.strictEqual(median([7]), 7)
    assert.isNaN(median([]))
  })

  it("interpolates percentiles between the two samples next to them", () => {
    const samples = [50, 10, 40, 20, 30]
    assert.closeTo(percentile(samples, 0.1), 14, 1e-9)
    assert.closeTo(percentile(samples, 0.9), 46, 1e-9)
    assert.strictEqual(percentile(samples, 0), 10)
    assert.strictEqual(percentile(samples, 1), 50)
  })

  it("summarizes nothing as nothing, and compares nothing with it", () => {
    assert.isUndefined(summarize([]))
    assert.deepStrictEqual(summarize([1, 2, 3]), { samples: 3, median: 2, p10: 1.2, p90: 2.8 })
    assert.strictEqual(ratio(summary(6), summary(4)), 1.5)
    assert.isUndefined(ratio(summary(6), undefined))
    assert.isUndefined(ratio(summary(6), summary(0)))
  })

  it("shuffles all of them, by chance alone", () => {
    const chances = [0.9, 0.1, 0.5]
    assert.deepStrictEqual(
      shuffled(["a", "b", "c"], () => chances.shift()!),
      ["b", "c", "a"]
    )
    assert.sameMembers([...shuffled([1, 2, 3, 4])], [1, 2, 3, 4])
  })
})

describe("the plot", () => {
  /** Every element that is opened is closed, in the right order; the only form of XML that it is written in. */
  const unbalanced = (svg: string): ReadonlyArray<string> => {
    const open: Array<string> = []
    for (const [, close, name = "", itself] of svg.matchAll(/<(\/?)([a-z]+)(?:\s+[\w:-]+="[^"<]*")*(\/?)>/g)) {
      if (close === "/" && open.pop() !== name) return [name]
      if (close === "" && itself === "") open.push(name)
    }
    return open
  }

  it("is an SVG document with a curve for each contestant that has figures, and no other", () => {
    const svg = plot(cells, "slot", "attach")
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /)
    assert.deepStrictEqual(unbalanced(svg), [])
    assert.deepStrictEqual(
      [...svg.matchAll(/<g id="([\w-]+)"/g)].map(([, id]) => id),
      ["floor", "native", "exec"]
    )
    assert.include(svg, titles.native)
    assert.notInclude(svg, titles.cni)
    assert.notInclude(svg, "NaN")
  })

  it("draws more milliseconds higher up, and a point for each population", () => {
    const svg = plot(cells, "slot", "attach")
    const [, native = ""] = /<g id="native">(.*?)<\/g>/.exec(svg) ?? []
    const points = [...native.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y)
    ])
    assert.lengthOf(points, 2)
    assert.isBelow(points[0]![0]!, points[1]![0]!)
    assert.isAbove(points[0]![1]!, points[1]![1]!)
  })

  it("is a document without any figures too", () => {
    const svg = plot([], "tap", "detach")
    assert.deepStrictEqual(unbalanced(svg), [])
    assert.notInclude(svg, "NaN")
  })
})

describe("the table", () => {
  it("compares each with the floor and with vmnet at the same population", () => {
    const lines = sideTable(cells, "slot", "attach").split("\n")
    const line = lines.find((one) => one.includes(titles.exec)) ?? ""
    assert.deepStrictEqual(
      line
        .slice(24)
        .trim()
        .split(/\s{2,}/),
      ["0", "60.0", "30.0-120", "30.0 ×", "20.0 ×", "3", "1"]
    )
    assert.include(lines.find((one) => one.includes(titles.native) && one.includes("1000")) ?? "", "1.25 ×")
  })

  it("says what failed, and has a dash where nothing was measured", () => {
    const machine = {
      kernel: "6",
      cpus: 2,
      model: "x",
      memory: "1 GiB",
      node: "26",
      load: [0, 0] as const,
      date: "2030-01-01"
    }
    const text = report({ machine, minutes: 1, cells, figures: [], problems: ["slot, 0 VMs, exec: attach: no"] })
    assert.include(text, "1 problems\n  slot, 0 VMs, exec: attach: no")
    const [, detach = ""] = text.split("slot, detach, answered")
    assert.match(detach.split("\n")[1] ?? "", / 0 +- +- +- +- +0 +0$/)
  })
})

describe("the networks", () => {
  it("have room for the largest population, and for the addresses of a minute's samples", () => {
    const members = Array.from({ length: 4_000 }, (_, member) => networkOfMember("bridge", member))
    for (const [network, some] of Map.groupBy(members, (name) => name)) {
      assert.include(config, `  ${network}: `)
      assert.isAtMost(some.length, 1_021 - 150)
    }
  })
})

describe("the options", () => {
  it("are those of a full run, of a quick one, or what they are told", () => {
    assert.deepStrictEqual(parseOptions([]).populations, [0, 100, 1_000, 4_000])
    assert.deepStrictEqual(parseOptions(["--quick"]).populations, [0, 100])
    const { only, populations, samples } = parseOptions([
      "--populations",
      "50,0",
      "--samples",
      "7",
      "--only",
      "tap,slot"
    ])
    assert.deepStrictEqual({ only, populations, samples }, { only: ["slot", "tap"], populations: [0, 50], samples: 7 })
  })

  it("say how long it will take: less of it takes less", () => {
    assert.isAtMost(minutesOf(parseOptions([])), 35)
    assert.isAtMost(minutesOf(parseOptions(["--quick"])), 4)
    assert.isBelow(minutesOf(parseOptions(["--only", "tap"])), minutesOf(parseOptions([])))
  })

  it("are refused by name", () => {
    assert.throws(() => parseOptions(["--only", "slots"]), "--only slots: there is slot, tap, bridge")
    assert.throws(() => parseOptions(["--samples", "many"]), "--samples many: a whole number is wanted")
  })
})
