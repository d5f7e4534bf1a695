import { runProgram } from "../contestants/runProgram.ts"
import { networkOf } from "../networks.ts"
import type { Options } from "../options.ts"
import { say } from "../progress.ts"
import type { ChapterResult } from "../results.ts"
import type { World } from "../World.ts"
import { Figures } from "./figures.ts"
import { measureFlow, type Protocol } from "./flow.ts"

/** Of each kind at each place. */
const flows = 3

const guest = "guest"
/** The private host's neighbour, in the namespace `lan`. */
const lanAddress = "192.0.2.20"

const words: Readonly<Record<Protocol, readonly [what: string, unit: string, scale: number]>> = {
  tcp: ["TCP", "Gbit/s", 8e-9],
  udp: ["UDP, 64 bytes", "kpackets/s", 1e-3]
}

const measure = async (figures: Figures, title: string, from: string, seconds: number): Promise<void> => {
  for (const protocol of ["tcp", "udp"] as const) {
    const [what, unit, scale] = words[protocol]
    const received: Array<number> = []
    for (let flow = 0; flow < flows; flow++) {
      try {
        const options = { protocol, from, to: "lan", address: lanAddress, seconds }
        received.push((await measureFlow(options)).received * scale)
      } catch (cause) {
        figures.problem(`${what}, ${title}: ${cause instanceof Error ? cause.message : String(cause)}`)
      }
    }
    figures.middle(`${what}, ${title}`, received, unit)
  }
}

/** Every path there is, one after the other. */
const paths = async (figures: Figures, vms: number, seconds: number): Promise<void> => {
  say(`traffic with ${vms} VMs`)
  await measure(figures, `guest to LAN, ${vms} VMs`, guest, seconds)
}

/**
 * From a guest in a namespace on a bridge of ours, through the host's firewall and translation, to the neighbour on the LAN: no
 * emulator is in the way. As a measure of this machine the same between two namespaces that vmnet has nothing to do with.
 */
export const trafficChapter = async (world: World, { crowd, seconds }: Options): Promise<ChapterResult> => {
  const figures = new Figures("traffic")
  await measure(figures, "router to LAN, nothing of vmnet's in between", "internet", seconds)
  runProgram(["ip", "netns", "add", guest])
  await world.up("native", { vm: guest, network: networkOf.bridge, netns: `/run/netns/${guest}` })
  await paths(figures, 1, seconds)
  const others = Array.from({ length: crowd }, (_, number) => ({ vm: `crowd-${number}`, network: networkOf.slot }))
  say(`traffic: ${crowd} more VMs`)
  await world.upMany(others)
  await paths(figures, crowd + 1, seconds)
  return figures.result
}
