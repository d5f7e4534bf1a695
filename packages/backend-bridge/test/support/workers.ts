import type { Attachment, ErrorCode } from "@vmnet/core"
import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { build } from "rolldown"
import type { request } from "./memoryHost.ts"
import { kill } from "./processes.ts"

const script = fileURLToPath(new URL("scripts/worker.ts", import.meta.url))

/** The script in one piece: sixteen of it are to start on two processors, and unbundled each takes a second of one. */
const bundled: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(async () => {
    const dir = mkdtempSync(join(tmpdir(), "vmnet-worker-"))
    await build({ input: script, platform: "node", output: { dir, format: "esm" }, logLevel: "silent" })
    return dir
  }),
  (dir) => Effect.sync(() => rmSync(dir, { recursive: true }))
).pipe(Effect.map((dir) => join(dir, "worker.js")))

export interface Command {
  readonly verb: "up" | "down"
  readonly vms: ReadonlyArray<string>
  readonly flags?: NonNullable<Parameters<typeof request>[1]>
  readonly config?: string
}

/** How a verb ended for one VM: what it answered, or the error. */
export interface Outcome {
  readonly attachment?: Attachment
  readonly existing?: boolean
  readonly outcome?: "removed" | "absent"
  readonly code?: ErrorCode
  readonly exitCode?: number
  readonly message?: string
}

export type VmOutcome = Outcome & { readonly vm: string }

/** A process of its own that runs the service on this host. */
export interface Worker {
  readonly run: (command: Command) => Effect.Effect<ReadonlyArray<VmOutcome>>
}

const start = async (program: string) => {
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => {
    const line = await lines.next()
    if (line.done === true) throw new Error("a worker ended before it answered")
    return JSON.parse(line.value) as unknown
  }
  const run: Worker["run"] = (command) =>
    Effect.promise(async () => {
      child.stdin.write(`${JSON.stringify(command)}\n`)
      return (await next()) as ReadonlyArray<VmOutcome>
    })
  return { child, next, worker: { run } satisfies Worker }
}

/** So many processes, all of them ready when the effect completes. They end with the scope. */
export const workers = (count: number): Effect.Effect<ReadonlyArray<Worker>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const program = yield* bundled
    const started = yield* Effect.forEach(Array.from({ length: count }), () =>
      Effect.acquireRelease(
        Effect.promise(() => start(program)),
        ({ child }) => kill(child)
      )
    )
    yield* Effect.forEach(started, ({ next }) => Effect.promise(next), { concurrency: "unbounded" })
    return started.map(({ worker }) => worker)
  })
