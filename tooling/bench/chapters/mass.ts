import { setTimeout as sleep } from "node:timers/promises"
import { networkOf } from "../networks.ts"
import type { Options } from "../options.ts"
import { say } from "../progress.ts"
import type { ChapterResult } from "../results.ts"
import type { Wanted, World } from "../World.ts"
import { Figures } from "./figures.ts"
import { links, type Memory, readMemory, untilLinks } from "./memory.ts"

/** How many at once. */
const many = 64
const crowdAtOnce = 64

const slots = (name: string, count: number): ReadonlyArray<Wanted> =>
  Array.from({ length: count }, (_, number) => ({ vm: `${name}-${number}`, network: networkOf.slot }))

const names = (wanted: ReadonlyArray<Wanted>): ReadonlyArray<string> => wanted.map(({ vm }) => vm)

/** Up and down again, so many at a time; waits for the kernel in between, and tells how long it went on. */
const upAndDown = async (world: World, figures: Figures, title: string, wanted: ReadonlyArray<Wanted>, at: number) => {
  const before = links()
  say(title)
  await figures.time(`${title}, up`, () => world.upAll(wanted, at))
  await figures.time(`${title}, down`, () => world.downAll(names(wanted), at))
  const gone = performance.now()
  if (!(await untilLinks(before))) figures.problem(`${title}: the kernel still has links of it after a minute`)
  figures.add(`${title}, links gone after`, performance.now() - gone, "ms")
  await sleep(200)
}

const memoryFigures = (figures: Figures, before: Memory, after: Memory, count: number): void => {
  const each = (what: string, kib: number, note?: string): void => figures.add(what, kib / count, "KiB", note)
  const kernel = (memory: Memory): number => memory.slab + memory.perCpu + memory.pages
  each("kernel memory of a slot", kernel(after) - kernel(before), "slab, per CPU, vmalloc, stacks, page tables")
  each("of it slab", after.slab - before.slab)
  each(
    "by what the machine has left",
    before.available - after.available,
    "MemAvailable: whatever else runs counts too"
  )
  each("memory of this process, a VM", after.process - before.process, "resident; garbage included")
}

/** A crowd of slots: how long it takes to come and go, and what it holds meanwhile. */
const crowd = async (world: World, figures: Figures, count: number): Promise<void> => {
  const title = `${count} slots, ${crowdAtOnce} at a time`
  const wanted = slots("crowd", count)
  const [before, linksBefore] = [readMemory(), links()]
  say(title)
  await figures.time(`${title}, up`, () => world.upAll(wanted, crowdAtOnce))
  await sleep(1_000)
  memoryFigures(figures, before, readMemory(), count)
  await figures.time(`${title}, down`, () => world.downAll(names(wanted), crowdAtOnce))
  const gone = performance.now()
  if (!(await untilLinks(linksBefore))) figures.problem(`${title}: the kernel still has links of it after a minute`)
  figures.add(`${title}, links gone after`, performance.now() - gone, "ms")
}

/** Many at once against many one after the other, and a crowd; all by `vmnet` in this process. */
export const massChapter = async (world: World, { crowd: count }: Options): Promise<ChapterResult> => {
  const figures = new Figures("mass")
  await world.up("native", { vm: "anchor", network: networkOf.slot })
  await upAndDown(world, figures, "8 slots one after the other, to warm up", slots("warm", 8), 1)
  await upAndDown(world, figures, `${many} slots one after the other`, slots("line", many), 1)
  await upAndDown(world, figures, `${many} slots at once`, slots("burst", many), many)
  await crowd(world, figures, count)
  return figures.result
}
