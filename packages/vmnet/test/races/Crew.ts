import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { build } from "rolldown"
import type { Event, Kill, Outcome, Step } from "./History.ts"

/** What a process is to do, all at once or from a moment of the monotonic clock on. */
export interface Order {
  readonly steps: ReadonlyArray<Step>
  readonly at?: number
}

/** What a process tells. */
export type Told =
  | "ready"
  | "done"
  | { readonly begins: number; readonly at: number }
  | { readonly ends: number; readonly at: number; readonly outcome: Outcome }

export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6

const script = fileURLToPath(new URL("scripts/worker.ts", import.meta.url))

/** The script in one piece: many of it are to start on few processors, and unbundled each takes a second of one. */
export const bundled: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.promise(async () => {
    const dir = mkdtempSync(join(tmpdir(), "vmnet-crew-"))
    await build({ input: script, platform: "node", output: { dir, format: "esm" }, logLevel: "silent" })
    return dir
  }),
  (dir) => Effect.sync(() => rmSync(dir, { recursive: true }))
).pipe(Effect.map((dir) => join(dir, "worker.js")))

/** A process of its own that runs the service on this host, and what it has done. */
export class Worker {
  readonly name: string
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>

  private constructor(name: string, child: ChildProcess) {
    this.name = name
    this.#child = child
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  }

  /** It is ready when the promise is fulfilled. */
  static async start(name: string, program: string): Promise<Worker> {
    const worker = new Worker(name, spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] }))
    if ((await worker.#next()) !== "ready") throw new Error(`${name} ended before it was ready`)
    return worker
  }

  /** All that it did of an order; what its end cut short is the last, without an outcome and an end. */
  async run(order: Order): Promise<ReadonlyArray<Omit<Event, "end"> & { readonly end?: number }>> {
    this.#child.stdin!.write(`${JSON.stringify(order)}\n`)
    const events: Array<Omit<Event, "end"> & { readonly end?: number }> = []
    let begun: { readonly begins: number; readonly at: number } | undefined
    for (let told = await this.#next(); told !== undefined && told !== "done"; told = await this.#next()) {
      if (typeof told === "string") continue
      if ("begins" in told) begun = told
      else {
        const [step, start] = [order.steps[told.ends]!, begun!.at]
        events.push({ process: this.name, step, start, end: told.at, outcome: told.outcome })
        begun = undefined
      }
    }
    if (begun === undefined) return events
    return [...events, { process: this.name, step: order.steps[begun.begins]!, start: begun.at, outcome: null }]
  }

  /** Ends it and waits until it is gone and reaped. */
  async kill(): Promise<Kill> {
    const sent = monotonic()
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = once(this.#child, "exit")
      this.#child.kill("SIGKILL")
      await gone
    }
    return { sent, reaped: monotonic() }
  }

  async #next(): Promise<Told | undefined> {
    const line = await this.#lines.next()
    return line.done === true ? undefined : (JSON.parse(line.value) as Told)
  }
}

/** Processes that are all ready when the effect completes; they end with the scope. */
export const crew = (
  program: string,
  names: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<Worker>, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => Promise.all(names.map((name) => Worker.start(name, program)))),
    (workers) => Effect.promise(() => Promise.all(workers.map((worker) => worker.kill())))
  )
