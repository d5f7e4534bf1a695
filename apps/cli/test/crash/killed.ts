import { Effect } from "effect"
import { spawn } from "node:child_process"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { type Kill, type Point, pointsOf, startedOf } from "./Point.ts"

const preload = fileURLToPath(new URL("../../../../tooling/crash/points.mjs", import.meta.url))

/** The command that is killed: the bundle, and how it finds the world. */
export interface Program {
  readonly file: string
  readonly cache: string
  readonly trace: string
  readonly globals: ReadonlyArray<string>
}

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

const patience = 30_000

/** Runs the command as a process of its own, under the eyes of the preload if there is a plan. */
const start = ({ cache, file, globals }: Program, argv: ReadonlyArray<string>, plan?: object): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const points = plan === undefined ? {} : { VMNET_POINTS: JSON.stringify(plan) }
    const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", NODE_COMPILE_CACHE: cache, ...points }
    const node = plan === undefined ? [] : ["--import", preload]
    // Its stderr may be held open by what it leaves running: its end is what is waited for.
    const child = spawn(process.execPath, [...node, file, ...argv, ...globals], {
      env,
      stdio: ["ignore", "ignore", "pipe"]
    })
    let stderr = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    const timer = setTimeout(() => child.kill("SIGKILL"), patience)
    child.once("error", reject)
    child.once("exit", (status, signal) => {
      clearTimeout(timer)
      setImmediate(() => {
        child.stderr.destroy()
        resolve({ status, signal, stderr })
      })
    })
  })

/** Processes that are more than a line in the table, by process group. */
const groupsRunning = (): ReadonlySet<number> => {
  const groups = new Set<number>()
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8")
      const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      if (state !== "Z" && state !== "X") groups.add(Number(group))
    } catch {
      // It ended meanwhile.
    }
  }
  return groups
}

/** Asked first, since it is cheap; a group of nothing but zombies is told from others by a look at all of them. */
const mayRun = (group: number): boolean => {
  try {
    return process.kill(-group, 0)
  } catch {
    return false
  }
}

/** What a killed process had started goes on alone, and is not the killed one's any more: it comes to its own end. */
const orphansEnded = (trace: string): Effect.Effect<void> =>
  Effect.promise(async () => {
    const started = startedOf(trace)
    const deadline = performance.now() + patience
    for (let left = started.filter(mayRun); left.length > 0 && performance.now() < deadline;) {
      const running = groupsRunning()
      left = left.filter((group) => running.has(group))
      if (left.length > 0) await new Promise((resume) => setTimeout(resume, 3))
    }
  })

export const runToEnd = (program: Program, argv: ReadonlyArray<string>): Effect.Effect<Ended> =>
  Effect.promise(() => start(program, argv))

/** Runs a command to its end and gives its points. */
export const record = (program: Program, argv: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<Point>> =>
  Effect.promise(async () => {
    rmSync(program.trace, { force: true })
    const ended = await start(program, argv, { trace: program.trace })
    if (ended.status !== 0) throw new Error(`${argv.join(" ")} failed while it was recorded: ${ended.stderr}`)
    return pointsOf(program.trace)
  })

/** Runs a command until the kill, and waits for what it had started. Whether it was killed; else it never got there. */
export const runKilled = (
  program: Program,
  argv: ReadonlyArray<string>,
  { delay, mode, point }: Kill
): Effect.Effect<Ended> =>
  Effect.promise(() => {
    rmSync(program.trace, { force: true })
    const { occurrence, words } = point
    return start(program, argv, { trace: program.trace, kill: { words, occurrence, mode, delay } })
  }).pipe(Effect.tap(() => orphansEnded(program.trace)))
