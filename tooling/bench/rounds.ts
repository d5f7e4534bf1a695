import { readdirSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import type { Attempt, Contestant, ContestantKey, Timed } from "./Contestant.ts"
import { shuffled } from "./statistics.ts"

/** What a contestant's samples were, in milliseconds; those that failed are in `failures` only. */
export interface Samples {
  readonly attach: Array<number>
  readonly detach: Array<number>
  readonly failures: Array<string>
}

export interface Rounds {
  readonly rounds: number
  /** Rounds done before and not counted: code is compiled and caches filled in them. */
  readonly warmUp: number
  readonly told: (round: number) => void
}

const timed = async (work: Timed): Promise<number> => {
  const began = performance.now()
  const took = await work()
  return took ?? performance.now() - began
}

const linkCount = (): number => readdirSync("/sys/class/net").length

const patience = 10_000

/**
 * The kernel goes on after its callers: namespaces are reaped and memory is freed behind them. The next sample must not pay for
 * that, so it waits until the links of the last one are gone, and a little longer.
 */
const settle = async (links: number): Promise<boolean> => {
  const deadline = performance.now() + patience
  while (linkCount() !== links) {
    if (performance.now() > deadline) return false
    await sleep(2)
  }
  await sleep(25)
  return true
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).slice(0, 300)

const takeSample = async ({ attach, detach }: Attempt, samples: Samples): Promise<void> => {
  let step = "attach"
  try {
    const attached = await timed(attach)
    // What an attach sets off behind its caller is no part of a detach.
    await sleep(5)
    step = "detach"
    const detached = await timed(detach)
    samples.attach.push(attached)
    samples.detach.push(detached)
  } catch (cause) {
    samples.failures.push(`${step}: ${reasonOf(cause)}`)
  }
}

let turn = 0

const onceEach = async (contestants: ReadonlyArray<Contestant>, all: Map<ContestantKey, Samples>): Promise<void> => {
  for (const { key, prepare } of shuffled(contestants)) {
    const samples = all.get(key)!
    const links = linkCount()
    try {
      const attempt = await prepare(++turn)
      await takeSample(attempt, samples)
      await attempt.clear()
    } catch (cause) {
      samples.failures.push(`prepare: ${reasonOf(cause)}`)
    }
    if (!(await settle(links))) samples.failures.push(`its links were not gone after ${patience / 1_000} s`)
  }
}

const empty = (contestants: ReadonlyArray<Contestant>): Map<ContestantKey, Samples> =>
  new Map(contestants.map(({ key }) => [key, { attach: [], detach: [], failures: [] }]))

/** Every contestant once a round, in an order of chance: whatever else the machine does meets all of them alike. */
export const interleave = async (
  contestants: ReadonlyArray<Contestant>,
  { rounds, told, warmUp }: Rounds
): Promise<ReadonlyMap<ContestantKey, Samples>> => {
  const before = empty(contestants)
  for (let round = 0; round < warmUp; round++) await onceEach(contestants, before)
  const all = empty(contestants)
  for (const [key, { failures }] of before) all.get(key)!.failures.push(...failures.map((one) => `warming up: ${one}`))
  for (let round = 1; round <= rounds; round++) {
    await onceEach(contestants, all)
    told(round)
  }
  return all
}
