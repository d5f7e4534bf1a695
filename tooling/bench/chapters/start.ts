import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { networkOf } from "../networks.ts"
import type { Options } from "../options.ts"
import { say } from "../progress.ts"
import type { ChapterResult } from "../results.ts"
import { median, percentile, shuffled } from "../statistics.ts"
import type { World } from "../World.ts"
import { Figures } from "./figures.ts"

const bundle = fileURLToPath(new URL("../../../apps/cli/dist/bin.js", import.meta.url))

/** From the start of a process to its end, in milliseconds. */
const run = (args: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const began = performance.now()
    const child = spawn(process.execPath, [...args], { stdio: ["ignore", "ignore", "pipe"] })
    let complaint = ""
    child.stderr.on("data", (text: Buffer) => {
      complaint += text.toString("utf8")
    })
    child.once("error", reject)
    child.once("close", (code) => {
      if (code === 0) resolve(performance.now() - began)
      else reject(new Error(`${args.slice(1, 3).join(" ")} (${code}): ${complaint.trim()}`))
    })
  })

interface Runs {
  readonly what: string
  readonly took: Array<number>
  readonly work: (turn: number) => Promise<number>
}

/** An `up` is measured with the `down` after it, each for itself. */
const runsOf = (stateDir: string): ReadonlyArray<Runs> => {
  const vmnet = (...words: ReadonlyArray<string>) => run([bundle, ...words, "--state-dir", stateDir])
  const up: Array<number> = []
  const down: Array<number> = []
  const both = async (turn: number): Promise<number> => {
    up.push(await vmnet("up", `once-${turn}`, "--backend", "netns"))
    down.push(await vmnet("down", `once-${turn}`))
    return Number.NaN
  }
  return [
    { what: "node -e 0", took: [], work: () => run(["-e", "0"]) },
    { what: "vmnet --version", took: [], work: () => run([bundle, "--version"]) },
    { what: "vmnet ls", took: [], work: () => vmnet("ls") },
    { what: "vmnet up", took: up, work: both },
    { what: "vmnet down", took: down, work: () => Promise.resolve(Number.NaN) }
  ]
}

const report = (figures: Figures, all: ReadonlyArray<Runs>): void => {
  const bare = median(all[0]!.took)
  for (const { took, what } of all) {
    if (took.length === 0) continue
    const spread = `p10 ${percentile(took, 0.1).toFixed(0)}, p90 ${percentile(took, 0.9).toFixed(0)}`
    const times = `${(median(took) / bare).toFixed(2)} × bare Node`
    figures.add(what, median(took), "ms", `${times}; ${spread}, ${took.length} runs`)
  }
}

/** Whole processes of the built command line, against one that does nothing; a VM is up already. */
export const startChapter = async (world: World, { samples }: Options): Promise<ChapterResult> => {
  const figures = new Figures("start")
  if (!existsSync(bundle)) {
    figures.problem("the command line is not built: run `turbo run build --filter=@vmnet/cli`")
    return figures.result
  }
  await world.up("native", { vm: "anchor", network: networkOf.slot })
  const all = runsOf(world.stateDir)
  // A config of the machine's own would be read by every one of them.
  process.env["VMNET_CONFIG"] = "/dev/null"
  for (let turn = 0; turn < samples; turn++) {
    for (const { took, what, work } of shuffled(all)) {
      try {
        const ms = await work(turn)
        if (!Number.isNaN(ms)) took.push(ms)
      } catch (cause) {
        figures.problem(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`)
      }
    }
    if (turn % 5 === 4) say(`start: round ${turn + 1} of ${samples}`)
  }
  report(figures, all)
  return figures.result
}
