import { assert, describe, it } from "@effect/vitest"
import { cellsOf } from "../bench/cells.ts"
import { Spawner } from "../bench/contestants/Spawner.ts"
import { quotas, takesRound } from "../bench/quotas.ts"
import { asMarkdown } from "../bench/report/write.ts"
import type { Cell, Results } from "../bench/results.ts"
import { pairwise } from "../bench/statistics.ts"

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
  failures: []
})

describe("the samples", () => {
  const taken = (...values: ReadonlyArray<readonly [round: number, ms: number]>) => ({
    taken: values.map(([round, ms]) => ({ round, attach: ms, detach: ms / 10, gone: ms * 10 })),
    failures: []
  })

  it("are compared round by round, where both took part", () => {
    const one = new Map([
      [1, 6],
      [2, 9],
      [4, 100]
    ])
    const other = new Map([
      [1, 2],
      [2, 9],
      [3, 1]
    ])
    assert.strictEqual(pairwise(one, other)?.median, 2)
    assert.strictEqual(pairwise(one, other)?.samples, 2)
    assert.isUndefined(pairwise(one, new Map([[4, 0]])))
  })

  it("become cells with what the caller sees and what is behind it", () => {
    const all = new Map([
      ["floor", taken([1, 2], [2, 4])],
      ["native", taken([1, 3], [2, 8])]
    ] as const)
    const [, native] = cellsOf("slot", 100, all)
    assert.strictEqual(native?.attach?.median, 5.5)
    assert.strictEqual(native?.detach?.median, 0.55)
    assert.strictEqual(native?.gone?.median, 55)
    assert.strictEqual(native?.toFloor.attach?.median, 1.75)
    assert.deepStrictEqual(native?.toVmnet.gone?.median, 1)
  })

  it("are fewer of who is slow where the time is short, spread over the rounds", () => {
    const costs = new Map([
      ["slow", 2_000],
      ["fast", 10],
      ["middling", 400]
    ])
    assert.deepStrictEqual(Object.fromEntries(quotas(costs, { rounds: 20, time: 1e6 })), {
      fast: 20,
      middling: 20,
      slow: 20
    })
    assert.deepStrictEqual(Object.fromEntries(quotas(costs, { rounds: 20, time: 20_200 })), {
      fast: 20,
      middling: 20,
      slow: 6
    })
    assert.deepStrictEqual(Object.fromEntries(quotas(costs, { rounds: 20, time: 1 })), {
      fast: 5,
      middling: 5,
      slow: 5
    })
    const rounds = Array.from({ length: 20 }, (_, at) => at + 1).filter((round) => takesRound(round, 5, 20))
    assert.deepStrictEqual(rounds, [4, 8, 12, 16, 20])
  })
})

describe("the targets", () => {
  const machine = {
    kernel: "6",
    cpus: 2,
    model: "x",
    memory: "1 GiB",
    node: "26",
    load: [0, 0],
    date: "2030-01-01"
  } as const
  const results: Results = {
    machine,
    minutes: 1,
    cells: [cell("floor", 0, 2), cell("native", 0, 3), cell("native", 1_000, 5), cell("programs", 1_000, 100)],
    figures: [
      { id: "vmnet up, tap", chapter: "start", what: "", value: 4.5, unit: "×", spread: [4, 5.25] },
      { id: "slots.1000.down.together.answered", chapter: "mass", what: "", value: 1_500, unit: "ms" }
    ],
    problems: []
  }
  const rowOf = (what: string) => {
    const line = asMarkdown(results)
      .split("\n")
      .find((one) => one.startsWith(`| ${what} `))
    return line
      ?.split("|")
      .slice(2, -1)
      .map((one) => one.trim())
  }

  it("are met or missed by so much, in the direction that is wanted", () => {
    assert.deepStrictEqual(rowOf("slot attach: vmnet / bare kernel calls, 0 VMs"), [
      "≤ 1.6 ×",
      "1.50 ×",
      "yes, 1.07 times better",
      ""
    ])
    assert.deepStrictEqual(rowOf("slot attach: one program per step / vmnet, 1000 VMs"), [
      "≥ 15 ×",
      "20.0 ×",
      "yes, 1.33 times better",
      ""
    ])
    assert.deepStrictEqual(rowOf("one-shot vmnet up, tap / node -e 0"), [
      "≤ 3 ×",
      "4.50 ×",
      "no, by 1.50 times",
      "4-5.25"
    ])
    assert.deepStrictEqual(rowOf("1000 slots down together: answered"), [
      "≤ 2 s",
      "1.50 s",
      "yes, 1.33 times better",
      ""
    ])
  })

  it("are neither where nothing was measured", () => {
    assert.deepStrictEqual(rowOf("slot attach: CNI plugins / vmnet, 1000 VMs"), ["≥ 40 ×", "not measured", "-", ""])
    assert.deepStrictEqual(rowOf("1000 slots up"), ["≤ 5 s", "not measured", "-", ""])
  })
})

describe("what starts programs", () => {
  it("runs them one after the other with what they read, and gives what the last one printed", async () => {
    const spawner = Spawner.start()
    const { ms, output } = await spawner.run([
      { argv: ["sleep", "0.05"] },
      {
        argv: ["perl", "-e", "print $ENV{WORD}, <STDIN>, '$HOME;', @ARGV", "", "a b"],
        env: { WORD: "x" },
        input: "y\n"
      }
    ])
    assert.strictEqual(output, "xy\n$HOME;a b")
    assert.isAtLeast(ms, 50)
    spawner.end()
  })

  it("stops at the first that fails, and says which and why", async () => {
    const spawner = Spawner.start()
    const failing = spawner.run([
      { argv: ["true"] },
      { argv: ["perl", "-e", "print STDERR 'no such thing'; exit 3"] },
      { argv: ["perl", "-e", "print 'never'"] }
    ])
    const words = await failing.then(
      () => "",
      (cause: unknown) => String(cause)
    )
    assert.include(words, "exit 3 (wait status 768): no such thing")
    assert.strictEqual((await spawner.run([{ argv: ["perl", "-e", "print 'after'"] }])).output, "after")
    const missing = await spawner.run([{ argv: ["/does/not/exist"] }]).catch((cause: unknown) => String(cause))
    assert.include(missing, "No such file")
    spawner.end()
  })
})
