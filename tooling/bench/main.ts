/** `pnpm bench`: what an attach costs, side by side with the bare kernel calls and with other ways to the same network. */
import { writeFileSync } from "node:fs"
import { machineOf, load } from "./machine.ts"
import { minutesOf } from "./estimate.ts"
import { type Invocation, parseOptions, usage } from "./options.ts"
import { ensurePlugins } from "./plugins.ts"
import { say } from "./progress.ts"
import { report } from "./report/table.ts"
import { asJson, writeDocs } from "./report/write.ts"
import type { ChapterResult, Results } from "./results.ts"
import { runChapter } from "./runChapter.ts"

const invocationOf = (args: ReadonlyArray<string>): Invocation | undefined => {
  try {
    return parseOptions(args)
  } catch (cause) {
    process.stderr.write(`pnpm bench: ${cause instanceof Error ? cause.message : String(cause)}\n\n${usage}\n`)
    return undefined
  }
}

/** Nothing is measured where a contestant that was asked for is missing without a word about it. */
const missing = ({ contestants, only }: Invocation): ReadonlyArray<string> => {
  const why = contestants.includes("cni") && only.includes("slot") ? ensurePlugins() : undefined
  return why === undefined ? [] : [why]
}

const measure = async (invocation: Invocation): Promise<Results> => {
  const [before, began] = [load(), performance.now()]
  const problems = missing(invocation)
  say(`about ${minutesOf(invocation)} minutes, where nothing else runs`)
  const chapters: Array<ChapterResult> = []
  for (const chapter of invocation.only) chapters.push(await runChapter(chapter, invocation))
  return {
    machine: machineOf(before),
    minutes: (performance.now() - began) / 60_000,
    cells: chapters.flatMap(({ cells }) => cells),
    figures: chapters.flatMap(({ figures }) => figures),
    problems: [...problems, ...chapters.flatMap((one) => one.problems)]
  }
}

const main = async (args: ReadonlyArray<string>): Promise<number> => {
  const invocation = invocationOf(args)
  if (invocation === undefined) return 2
  if (process.getuid?.() !== 0) {
    process.stderr.write("pnpm bench makes network namespaces of its own, which needs root: run it with sudo\n")
    return 6
  }
  const results = await measure(invocation)
  process.stdout.write(report(results))
  if (invocation.json !== undefined) writeFileSync(invocation.json, asJson(results))
  if (invocation.write) say(`written to tooling/docs/figures: ${writeDocs(results).join(", ")}`)
  return results.problems.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
