import type { ProcessId } from "@vmnet/core"
import type { Namespace } from "./Namespace.ts"
import { refuse } from "./Refusal.ts"

interface ProcessState {
  readonly startTime: string
  readonly namespace: Namespace
  zombie: boolean
}

const bootIdOf = (boot: number): string => `00000000-0000-4000-8000-${boot.toString(16).padStart(12, "0")}`

/** The process table of one machine: pids with start times, so that a pid can be recycled, and the boot id. */
export class Processes {
  readonly #table = new Map<number, ProcessState>()
  #boot = 1
  #nextPid = 1000
  #ticks = 0

  get bootId(): string {
    return bootIdOf(this.#boot)
  }

  start(namespace: Namespace, pid: number = this.#nextPid++): ProcessId {
    this.#ticks += 100
    this.#table.set(pid, { startTime: `${this.#ticks}`, namespace, zombie: false })
    return { pid, startTime: `${this.#ticks}`, bootId: this.bootId }
  }

  /** Gone, its pid free. */
  end(pid: number): void {
    if (!this.#table.delete(pid)) refuse("Missing", `${pid}: No such process`)
  }

  /** Ended, not yet waited for: still in the table, its namespaces let go. */
  endUnreaped(pid: number): void {
    this.#stateOf(pid).zombie = true
  }

  /** Every process is gone and the boot id is another. Clock and pids start anew. */
  reboot(): void {
    this.#table.clear()
    this.#boot += 1
    this.#nextPid = 1000
    this.#ticks = 0
  }

  find(pid: number): ProcessId | null {
    const state = this.#table.get(pid)
    if (state === undefined || state.zombie) return null
    return { pid, startTime: state.startTime, bootId: this.bootId }
  }

  alive({ pid, startTime, bootId }: ProcessId): boolean {
    const found = this.find(pid)
    return found !== null && found.startTime === startTime && found.bootId === bootId
  }

  namespaceOf(pid: number, startTime: string): Namespace | undefined {
    const found = this.find(pid)
    return found?.startTime === startTime ? this.#table.get(pid)?.namespace : undefined
  }

  /** Whether a running process keeps the namespace alive. */
  inhabit(namespace: Namespace): boolean {
    return this.#running().some(([, state]) => state.namespace === namespace)
  }

  /** Namespaces of running processes, by `pid N/START`. */
  namespaces(): ReadonlyArray<readonly [string, Namespace]> {
    return this.#running().map(([pid, state]) => [`pid ${pid}/${state.startTime}`, state.namespace])
  }

  #running(): ReadonlyArray<readonly [number, ProcessState]> {
    return [...this.#table].filter(([, state]) => !state.zombie)
  }

  #stateOf(pid: number): ProcessState {
    return this.#table.get(pid) ?? refuse("Missing", `${pid}: No such process`)
  }
}
