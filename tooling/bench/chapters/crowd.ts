import { setTimeout as sleep } from "node:timers/promises"
import type { Way } from "../figureIds.ts"
import { networkOf } from "../networks.ts"
import { say } from "../progress.ts"
import type { Wanted, World } from "../World.ts"
import { links, type Memory, readMemory, untilLinks } from "./memory.ts"

export interface Wishes {
  readonly kind: "slot" | "tap"
  readonly count: number
  readonly up: Way
  readonly down: Way
}

/** Milliseconds of a crowd: up, down as seen by the caller, and down until all is gone. */
export interface Crowd {
  readonly up: number
  readonly down: number
  readonly gone: number
  readonly before: Memory
  readonly meanwhile: Memory
}

const up = async (world: World, way: Way, wanted: ReadonlyArray<Wanted>): Promise<void> => {
  if (way === "together") return world.upMany(wanted)
  if (way === "at once") return void (await Promise.all(wanted.map((one) => world.up("native", one))))
  for (const one of wanted) await world.up("native", one)
}

/** Alone each answers when it is cut off; `downMany` answers when they are gone. */
const down = async (world: World, way: Way, vms: ReadonlyArray<string>): Promise<void> => {
  if (way === "together") return world.downMany(vms)
  if (way === "at once") return void (await Promise.all(vms.map((vm) => world.down("native", vm))))
  for (const vm of vms) await world.down("native", vm)
}

const timed = async (work: () => Promise<void>): Promise<number> => {
  const began = performance.now()
  await work()
  return performance.now() - began
}

let turn = 0

/** So many of a kind, up and down once, and the kernel done with them. */
export const upAndDown = async (world: World, wishes: Wishes): Promise<Crowd> => {
  const { count, kind } = wishes
  const run = ++turn
  const wanted = Array.from({ length: count }, (_, at) => ({ vm: `crowd${run}-${at}`, network: networkOf[kind] }))
  const [before, linksBefore] = [readMemory(), links()]
  say(`mass: ${count} ${kind}s, up ${wishes.up}, down ${wishes.down}`)
  const upTook = await timed(() => up(world, wishes.up, wanted))
  await sleep(500)
  const meanwhile = readMemory()
  const began = performance.now()
  const downTook = await timed(() =>
    down(
      world,
      wishes.down,
      wanted.map(({ vm }) => vm)
    )
  )
  await world.untilReleased()
  if (!(await untilLinks(linksBefore))) throw new Error("the kernel still has links of them after a minute")
  const gone = performance.now() - began
  await sleep(500)
  return { up: upTook, down: downTook, gone, before, meanwhile }
}
