import { runProgram } from "../contestants/runProgram.ts"
import { networkOf } from "../networks.ts"
import type { Options } from "../options.ts"
import { say } from "../progress.ts"
import type { ChapterResult } from "../results.ts"
import { shuffled } from "../statistics.ts"
import type { World } from "../World.ts"
import { Figures } from "./figures.ts"
import { measureFlow, type Protocol } from "./flow.ts"

/** Of each kind on each path, with so many VMs. */
const flows = 3

const guest = "guest"
/** The private host's neighbour, in the namespace `lan`. */
const lanAddress = "192.0.2.20"

const words: Readonly<Record<Protocol, readonly [what: string, unit: string, scale: number]>> = {
  tcp: ["TCP", "Gbit/s", 8e-9],
  udp: ["UDP, 64 bytes", "kpackets/s", 1e-3]
}

/** Where flows come from: a guest, and as a measure of this machine a namespace that vmnet has nothing to do with. */
const paths = [
  { from: guest, title: "guest to LAN", note: "through firewall and translation" },
  { from: "internet", title: "router to LAN", note: "nothing of vmnet's in between" }
] as const

interface Received {
  readonly title: string
  readonly note: string
  readonly rates: Array<number>
}

/** Each path in turn, in an order of chance. */
const flowsOf = async (figures: Figures, protocol: Protocol, seconds: number): Promise<ReadonlyArray<Received>> => {
  const [what, , scale] = words[protocol]
  const all = paths.map(({ from, note, title }) => ({ from, note, title, rates: new Array<number>() }))
  for (let flow = 0; flow < flows; flow++) {
    for (const { from, rates, title } of shuffled(all)) {
      try {
        const options = { protocol, from, to: "lan", address: lanAddress, seconds }
        rates.push((await measureFlow(options)).received * scale)
      } catch (cause) {
        figures.problem(`${what}, ${title}: ${cause instanceof Error ? cause.message : String(cause)}`)
      }
    }
  }
  return all
}

const measure = async (figures: Figures, vms: number, seconds: number): Promise<void> => {
  say(`traffic with ${vms} VMs`)
  for (const protocol of ["tcp", "udp"] as const) {
    const [what, unit] = words[protocol]
    for (const { note, rates, title } of await flowsOf(figures, protocol, seconds)) {
      figures.middle(`${what}, ${vms} VMs, ${title}`, rates, unit, { note })
    }
  }
}

/**
 * From a guest in a namespace on a bridge of ours, through the host's firewall and translation, to the neighbour on the LAN: no
 * emulator is in the way.
 */
export const trafficChapter = async (world: World, { crowd, seconds }: Options): Promise<ChapterResult> => {
  const figures = new Figures("traffic")
  runProgram(["ip", "netns", "add", guest])
  await world.up("native", { vm: guest, network: networkOf.bridge, netns: `/run/netns/${guest}` })
  await measure(figures, 1, seconds)
  const others = Array.from({ length: crowd }, (_, number) => ({ vm: `crowd-${number}`, network: networkOf.slot }))
  say(`traffic: ${crowd} more VMs`)
  await world.upMany(others)
  await measure(figures, crowd + 1, seconds)
  return figures.result
}
