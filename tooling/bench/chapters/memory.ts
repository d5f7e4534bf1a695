import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

/** KiB. */
export interface Memory {
  readonly available: number
  readonly slab: number
  readonly perCpu: number
  readonly pages: number
  readonly process: number
}

const entry = (text: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0)

/** What the machine has left, and what this process has. */
export const readMemory = (): Memory => {
  const text = readFileSync("/proc/meminfo", "utf8")
  return {
    available: entry(text, "MemAvailable"),
    slab: entry(text, "Slab"),
    perCpu: entry(text, "Percpu"),
    pages: entry(text, "VmallocUsed") + entry(text, "KernelStack") + entry(text, "PageTables"),
    process: process.memoryUsage().rss / 1024
  }
}

const linkCount = (): number => readdirSync("/sys/class/net").length

/** Until the host has so many links again, or for a minute: the kernel frees things in its own time. */
export const untilLinks = async (links: number): Promise<boolean> => {
  const deadline = performance.now() + 60_000
  while (linkCount() > links) {
    if (performance.now() > deadline) return false
    await sleep(20)
  }
  return true
}

export const links = linkCount
