// One chapter in namespaces of its own, as a process of its own: `node chapter.ts NAME OPTIONS`. What it finds are lines of JSON on
// standard output; what it has made goes with its namespaces.
import { Cause, Effect } from "effect"
import { PrivateHost } from "../../packages/testkit/src/index.ts"
import { attachChapter } from "./chapters/attach.ts"
import { massChapter } from "./chapters/mass.ts"
import { startChapter } from "./chapters/start.ts"
import { trafficChapter } from "./chapters/traffic.ts"
import type { Chapter, Options } from "./options.ts"
import type { ChapterResult } from "./results.ts"
import { makeWorld, type World } from "./World.ts"

const tell = (result: ChapterResult): void => void process.stdout.write(`${JSON.stringify(result)}\n`)

const run = async (chapter: Chapter, world: World, options: Options): Promise<void> => {
  switch (chapter) {
    case "slot":
    case "tap":
    case "bridge":
      return attachChapter(chapter, world, options, tell)
    case "mass":
      return tell(await massChapter(world, options))
    case "start":
      return tell(await startChapter(world, options))
    case "traffic":
      return tell(await trafficChapter(world, options))
  }
}

/** What went wrong behind answers is told with all else. */
const runIn = async (chapter: Chapter, options: Options): Promise<void> => {
  const world = await makeWorld()
  await run(chapter, world, options)
  const problems = world.warnings.map((one) => `${chapter}: ${one}`.slice(0, 400))
  tell({ cells: [], figures: [], problems })
}

const [chapter = "", options = "{}"] = process.argv.slice(2)
await Effect.runPromise(
  Effect.scoped(
    Effect.andThen(
      PrivateHost.make(),
      Effect.tryPromise(async () => runIn(chapter as Chapter, JSON.parse(options) as Options))
    )
  ).pipe(
    Effect.catchCause((cause) =>
      Effect.sync(() => tell({ cells: [], figures: [], problems: [`${chapter}: ${Cause.pretty(cause)}`] }))
    )
  )
)
// Whatever is left is the kernel's to take away with the namespaces: nothing waits for it here.
process.stdout.write("", () => process.exit(0))
