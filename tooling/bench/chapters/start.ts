import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Spawner } from "../contestants/Spawner.ts"
import { startId } from "../figureIds.ts"
import type { Options } from "../options.ts"
import { say } from "../progress.ts"
import type { ChapterResult } from "../results.ts"
import { median, pairwise, shuffled } from "../statistics.ts"
import type { World } from "../World.ts"
import { Figures } from "./figures.ts"

const bundle = fileURLToPath(new URL("../../../apps/cli/dist/bin.js", import.meta.url))

const backends = ["netns", "tap"] as const

/** Milliseconds by what was run, then by round. */
type Took = Map<string, Map<number, number>>

type Command = (...words: ReadonlyArray<string>) => Promise<number>

const bare = "node -e 0"
/** Rounds that do not count: the compile cache is filled, and the first VM makes what all share. */
const warmUps = 2

/** What is run each round, and what it took; an `up` is measured with the `down` after it, each for itself. */
const worksOf = (node: Command, vmnet: Command) => [
  async () => [[bare, await node("-e", "0")]] as const,
  async () => [["vmnet --version, all of it loaded", await vmnet("--version")]] as const,
  async () => [["vmnet ls", await vmnet("ls")]] as const,
  ...backends.map((backend) => async (round: number) => {
    const up = await vmnet("up", `once-${round}`, "--backend", backend)
    return [
      [startId("up", backend), up],
      [startId("down", backend), await vmnet("down", `once-${round}`)]
    ] as const
  })
]

const names = [
  bare,
  "vmnet --version, all of it loaded",
  "vmnet ls",
  ...backends.flatMap((one) => [startId("up", one), startId("down", one)])
]

const report = (figures: Figures, took: Took): void => {
  const of = (what: string): ReadonlyMap<number, number> => took.get(what) ?? new Map()
  for (const what of names) figures.middle(what, [...of(what).values()], "ms")
  const middle = median([...of(bare).values()])
  for (const what of names.slice(1)) {
    const pairs = pairwise(of(what), of(bare))
    if (pairs === undefined) continue
    const value = median([...of(what).values()]) / middle
    const spread = [pairs.p10, pairs.p90] as const
    figures.add(`${what} / ${bare}`, value, "×", { id: what, spread, note: `${pairs.samples} pairs` })
  }
}

const oneRound = async (
  works: ReturnType<typeof worksOf>,
  round: number,
  took: Took,
  figures: Figures
): Promise<void> => {
  for (const work of shuffled(works)) {
    try {
      for (const [what, ms] of await work(round)) {
        if (!took.has(what)) took.set(what, new Map())
        took.get(what)!.set(round, ms)
      }
    } catch (cause) {
      figures.problem(`start: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
  }
}

/** Whole processes of the built command line, against one that does nothing; a VM of each kind is up already. */
export const startChapter = async ({ stateDir }: World, { samples }: Options): Promise<ChapterResult> => {
  const figures = new Figures("start")
  if (!existsSync(bundle)) {
    figures.problem("the command line is not built: run `turbo run build --filter=@vmnet/cli`")
    return figures.result
  }
  const spawner = Spawner.start()
  // A configuration of the machine's own would be read by every one of them.
  const env = { HOME: "/root", VMNET_CONFIG: "/dev/null" }
  const node: Command = async (...words) => (await spawner.run([{ argv: [process.execPath, ...words], env }])).ms
  const vmnet: Command = (...words) => node(bundle, ...words, "--state-dir", stateDir)
  for (const backend of backends) await vmnet("up", `anchor-${backend}`, "--backend", backend)
  const works = worksOf(node, vmnet)
  const took: Took = new Map()
  for (let round = 1 - warmUps; round <= samples; round++) {
    await oneRound(works, round, round > 0 ? took : new Map(), figures)
    if (round > 0 && round % 5 === 0) say(`start: round ${round} of ${samples}`)
  }
  report(figures, took)
  spawner.end()
  return figures.result
}
