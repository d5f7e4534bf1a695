import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { enterArgv } from "../../packages/testkit/src/index.ts"
import type { Chapter, Invocation } from "./options.ts"
import { say } from "./progress.ts"
import type { ChapterResult } from "./results.ts"

const program = fileURLToPath(new URL("./chapter.ts", import.meta.url))

/** No chapter takes longer on a machine that does nothing else. */
const patience = 12 * 60_000

const merged = (one: ChapterResult, other: ChapterResult): ChapterResult => ({
  cells: [...one.cells, ...other.cells],
  figures: [...one.figures, ...other.figures],
  problems: [...one.problems, ...other.problems]
})

const nothing: ChapterResult = { cells: [], figures: [], problems: [] }
const problem = (words: string): ChapterResult => ({ ...nothing, problems: [words] })

const argvOf = (chapter: Chapter, invocation: Invocation): ReadonlyArray<string> => {
  const { profile } = invocation
  const profiling = ["--cpu-prof", `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${chapter}.cpuprofile`]
  const flags = profile === undefined ? [] : profiling
  return enterArgv([process.execPath, ...flags, program, chapter, JSON.stringify(invocation)])
}

const inNamespaces = (chapter: Chapter, invocation: Invocation): Promise<ChapterResult> =>
  new Promise((resolve) => {
    const [file = "", ...args] = argvOf(chapter, invocation)
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] })
    let result = nothing
    const late = setTimeout(() => {
      result = merged(result, problem(`${chapter}: not done after ${patience / 60_000} minutes, the rest is left out`))
      child.kill("SIGKILL")
    }, patience)
    createInterface({ input: child.stdout }).on("line", (line) => {
      result = merged(result, JSON.parse(line) as ChapterResult)
    })
    child.once("error", (cause) => {
      clearTimeout(late)
      resolve(problem(`${chapter}: ${cause.message}`))
    })
    child.once("close", (code, signal) => {
      clearTimeout(late)
      resolve(code === 0 ? result : merged(result, problem(`${chapter}: ended early (${signal ?? code})`)))
    })
  })

/** How many network namespaces the kernel has in memory; 0 where it does not say. */
const namespaces = (): number => {
  try {
    return Number(/^net_namespace\s+(\d+)/m.exec(readFileSync("/proc/slabinfo", "utf8"))?.[1] ?? 0)
  } catch {
    return 0
  }
}

const patienceWithKernel = 120_000

/** What a chapter leaves behind goes with its namespaces, which takes the kernel a while: the next one waits for it. */
const untilReaped = async (before: number): Promise<void> => {
  const deadline = performance.now() + patienceWithKernel
  while (namespaces() > before + 8) {
    if (performance.now() > deadline) return say(`${namespaces() - before} namespaces are not reaped yet: going on`)
    await sleep(200)
  }
}

let before: number | undefined

/** Runs a chapter in a network and mount namespace of its own; a failure of any kind is a problem among its results. */
export const runChapter = async (chapter: Chapter, invocation: Invocation): Promise<ChapterResult> => {
  if (before !== undefined) await untilReaped(before)
  before ??= namespaces()
  say(`chapter ${chapter}`)
  return inNamespaces(chapter, invocation)
}
