import { cpus, loadavg, release, totalmem } from "node:os"
import type { Machine } from "./results.ts"

export const load = (): number => loadavg()[0] ?? 0

/** Where this runs; the load before it began says what else there was. */
export const machineOf = (before: number): Machine => {
  const [first] = cpus()
  return {
    kernel: release().replace(/-.*$/, ""),
    cpus: cpus().length,
    model: first?.model ?? "unknown",
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.versions.node,
    load: [before, load()],
    date: new Date().toISOString().slice(0, 10)
  }
}
