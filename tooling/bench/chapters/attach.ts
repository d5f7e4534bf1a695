import { cni, cniIsThere } from "../contestants/cni.ts"
import { floor, floorInC, poolFloor } from "../contestants/floorContestant.ts"
import { programs } from "../contestants/programs.ts"
import type { MakeContestant } from "../contestants/Stage.ts"
import { exec, native, pool } from "../contestants/vmnetContestant.ts"
import { cellsOf } from "../cells.ts"
import { type ContestantKey, inProcess } from "../Contestant.ts"
import { Player } from "../floor/Player.ts"
import { networkOf, networkOfMember } from "../networks.ts"
import type { Options } from "../options.ts"
import { say } from "../progress.ts"
import type { ChapterResult, Subject } from "../results.ts"
import { interleave } from "../rounds.ts"
import type { World } from "../World.ts"

const makers: Readonly<Record<Exclude<ContestantKey, "floor-c">, MakeContestant>> = {
  floor,
  native,
  "pool-floor": poolFloor,
  pool,
  exec,
  programs,
  cni
}

/** Without a compiler there is no floor in C, and the others go on. */
const makerOf = (key: ContestantKey): MakeContestant | undefined => {
  if (key !== "floor-c") return makers[key]
  const player = Player.start()
  if (player === undefined) say("there is no C compiler: the floor is JavaScript's alone")
  return player === undefined ? undefined : floorInC(player)
}

/** Who can do what: only TAPs come from pools, and CNI makes namespaces. */
const takesPart = (subject: Subject, key: ContestantKey): boolean => {
  if (key.startsWith("pool")) return subject === "tap"
  return key !== "cni" || (subject === "slot" && cniIsThere())
}

/** One VM is there from first to last: what all of them share is made once, and is no part of an attach. */
const raiseAnchors = async (world: World, subject: Subject): Promise<string | undefined> => {
  const { device } = await world.up("native", { vm: "anchor", network: networkOf[subject] })
  if (subject === "tap") await world.warm("pool")
  if (subject === "tap") await world.up("native", { vm: "anchor-pool", network: "pool" })
  if (subject !== "bridge") return undefined
  return bridgeOf(world, device.name)
}

const bridgeOf = async ({ plan }: World, port: string): Promise<string> => {
  const { resources } = await plan({ vm: "any", network: networkOf.bridge })
  const [bridge] = resources.flatMap((one) => (one.kind === "Tap" && one.master !== undefined ? [one.master.link] : []))
  if (bridge === undefined) throw new Error(`${port} is a port of no bridge`)
  return bridge
}

const atOnce = 256

/** Up to so many of the same kind, by `vmnet` itself: its record grows with them. */
const populate = async (world: World, subject: Subject, from: number, to: number): Promise<void> => {
  for (let first = from; first < to; first += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, to - first) }, (_, offset) => ({
      vm: `crowd-${first + offset}`,
      network: networkOfMember(subject, first + offset)
    }))
    await world.upMany(some)
    say(`${subject}: ${first + some.length} VMs are there`)
  }
}

/** What this process does is compiled in those of the first population; programs need no more than their caches. */
const warmUps =
  (isFirst: boolean, samples: number) =>
  (key: ContestantKey): number => {
    if (!isFirst) return 2
    return inProcess.includes(key) ? Math.min(40, 2 * samples) : 3
  }

/** One subject at all populations, each grown out of the one before. */
export const attachChapter = async (
  subject: Subject,
  world: World,
  { contestants: wanted, populations, samples, roundSeconds }: Options,
  tell: (result: ChapterResult) => void
): Promise<void> => {
  const bridge = await raiseAnchors(world, subject)
  const contestants = wanted
    .filter((key) => takesPart(subject, key))
    .flatMap((key) => makerOf(key)?.({ subject, world, bridge }) ?? [])
  for (const { begin } of contestants) await begin?.()
  let there = 0
  for (const population of populations) {
    await populate(world, subject, there, population)
    const warmUp = warmUps(population === populations[0], samples)
    there = population
    const told = (round: number) => {
      if (round % 5 === 0) say(`${subject}, ${population} VMs: round ${round} of ${samples}`)
    }
    const all = await interleave(contestants, { rounds: samples, warmUp, time: roundSeconds * 1_000, told })
    const cells = cellsOf(subject, population, all)
    const problems = cells.flatMap(({ contestant, failures }) =>
      failures.map((one) => `${subject}, ${population} VMs, ${contestant}: ${one}`)
    )
    tell({ cells, figures: [], problems })
  }
}
