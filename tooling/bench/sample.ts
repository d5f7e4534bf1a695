import { readdirSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"
import type { Attempt, Contestant, Timed } from "./Contestant.ts"

/** Milliseconds of one attach and its detach, as seen by the caller, and until the last of it is gone. */
export interface Sample {
  readonly round: number
  readonly attach: number
  readonly detach: number
  readonly gone: number
}

/** What a contestant's samples were; those that failed are in `failures` only. */
export interface Samples {
  readonly taken: Array<Sample>
  readonly failures: Array<string>
}

export const emptySamples = (): Samples => ({ taken: [], failures: [] })

let turn = 0

const linkCount = (): number => readdirSync("/sys/class/net").length

const patience = 10_000

/** Until there are no more links than so many: the kernel goes on after its callers, and namespaces are reaped behind them. */
const untilLinks = async (links: number): Promise<boolean> => {
  const deadline = performance.now() + patience
  while (linkCount() > links) {
    if (performance.now() > deadline) return false
    await sleep(2)
  }
  return true
}

const timed = async (work: Timed): Promise<number> => {
  const began = performance.now()
  const took = await work()
  return took ?? performance.now() - began
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause)).slice(0, 300)

const measure = async ({ attach, detach, finish }: Attempt, round: number, samples: Samples): Promise<void> => {
  let step = "attach"
  try {
    const links = linkCount()
    // Who has just computed is the first to be made to wait: all begin rested.
    await sleep(5)
    const attached = await timed(attach)
    // What an attach sets off behind its caller is no part of a detach.
    await sleep(5)
    step = "detach"
    const began = performance.now()
    const detached = await timed(detach)
    step = "what detach leaves behind"
    await finish?.()
    if (!(await untilLinks(links))) throw new Error(`its links were not gone after ${patience / 1_000} s`)
    const gone = performance.now() - began
    samples.taken.push({ round, attach: attached, detach: detached, gone: Math.max(gone, detached) })
  } catch (cause) {
    samples.failures.push(`${step}: ${reasonOf(cause)}`)
  }
}

/** One sample, and then nothing of it is left that the next one could pay for. */
export const takeSample = async ({ prepare }: Contestant, round: number, samples: Samples): Promise<void> => {
  const links = linkCount()
  try {
    const attempt = await prepare(++turn)
    await measure(attempt, round, samples)
    await attempt.clear()
  } catch (cause) {
    samples.failures.push(`prepare: ${reasonOf(cause)}`)
  }
  if (!(await untilLinks(links))) samples.failures.push(`links of it were there after ${patience / 1_000} s`)
  // Memory is freed behind all that.
  await sleep(25)
}
