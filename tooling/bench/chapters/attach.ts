import { cni, cniIsThere } from "../contestants/cni.ts"
import { floor, floorInC, poolFloor } from "../contestants/floorContestant.ts"
import { programs } from "../contestants/programs.ts"
import type { MakeContestant } from "../contestants/Stage.ts"
import { exec, native, pool } from "../contestants/vmnetContestant.ts"
import type { ContestantKey } from "../Contestant.ts"
import { Player } from "../floor/Player.ts"
import { networkOf, networkOfMember } from "../networks.ts"
import type { Options } from "../options.ts"
import { say } from "../progress.ts"
import type { Cell, ChapterResult, Subject } from "../results.ts"
import { interleave, type Samples } from "../rounds.ts"
import { summarize } from "../statistics.ts"
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

const warmUps = 50

/** A process that lives long has compiled what it does: the rounds before the first that counts are too few for that. */
const warmUp = async (world: World, network: string): Promise<void> => {
  for (let turn = 0; turn < warmUps; turn++) {
    await world.up("native", { vm: `warm-${turn}`, network })
    await world.down("native", `warm-${turn}`)
  }
}

const atOnce = 50

/** Up to so many of the same kind, by `vmnet` itself: its record grows with them. */
const populate = async (world: World, subject: Subject, from: number, to: number): Promise<void> => {
  for (let first = from; first < to; first += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, to - first) }, (_, offset) => ({
      vm: `crowd-${first + offset}`,
      network: networkOfMember(subject, first + offset)
    }))
    await world.upAll(some, 1)
    if (first % 500 === 0) say(`${subject}: ${first + some.length} VMs are there`)
  }
}

const resultOf = (subject: Subject, population: number, all: ReadonlyMap<ContestantKey, Samples>): ChapterResult => {
  const cells = [...all].map(([contestant, { attach, detach, failures }]): Cell => ({
    subject,
    population,
    contestant,
    attach: summarize(attach),
    detach: summarize(detach),
    failures
  }))
  const problems = cells.flatMap(({ contestant, failures }) =>
    failures.map((one) => `${subject}, ${population} VMs, ${contestant}: ${one}`)
  )
  return { cells, figures: [], problems }
}

/** One subject at all populations, each grown out of the one before. */
export const attachChapter = async (
  subject: Subject,
  world: World,
  options: Options,
  tell: (result: ChapterResult) => void
): Promise<void> => {
  const bridge = await raiseAnchors(world, subject)
  if (options.contestants.includes("native")) await warmUp(world, networkOf[subject])
  if (subject === "tap" && options.contestants.includes("pool")) await warmUp(world, "pool")
  const contestants = options.contestants
    .filter((key) => takesPart(subject, key))
    .flatMap((key) => makerOf(key)?.({ subject, world, bridge }) ?? [])
  let there = 0
  for (const population of options.populations) {
    await populate(world, subject, there, population)
    there = population
    const told = (round: number) => say(`${subject}, ${population} VMs: round ${round} of ${options.samples}`)
    const all = await interleave(contestants, { rounds: options.samples, warmUp: population === 0 ? 5 : 1, told })
    tell(resultOf(subject, population, all))
  }
}
