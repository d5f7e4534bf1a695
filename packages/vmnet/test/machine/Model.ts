import type { ProcessId } from "@vmnet/core"

/** What a VM should be, as far as it can be known. */
export interface ModelVm {
  /** `left`: not up, but not all gone either: a process died over it, or could not undo it. */
  readonly state: "active" | "left"
  readonly generation: number
  readonly network: string
  readonly place: number | undefined
  readonly address: string
  readonly publish: ReadonlySet<number>
  readonly owner: ProcessId | undefined
  readonly creator: ProcessId
  /** Its removal has begun, if it is left: whoever did so meant it. */
  readonly isLeaving: boolean
  /** Somebody has deleted a part of it. */
  readonly damaged: boolean
  /** A change of its ports did not come to its end: it may hold more of them than it publishes. */
  readonly unfinished: boolean
}

interface Cooling {
  readonly vm: string
  readonly until: number
  /** As long as this process runs it may use the address still. */
  readonly owner: ProcessId | undefined
}

/** Everything that a correct machine would have to remember; each operation makes another. */
export interface Model {
  readonly vms: Map<string, ModelVm>
  /** `network address`, who had it, and until when nobody else should get it. */
  readonly cooling: Map<string, Cooling>
  /** The last generation of each VM: they only ever rise. */
  readonly generations: Map<string, number>
}

export const emptyModel = (): Model => ({ vms: new Map(), cooling: new Map(), generations: new Map() })

export const sameProcess = (a: ProcessId | undefined, b: ProcessId | undefined): boolean =>
  a?.pid === b?.pid && a?.startTime === b?.startTime && a?.bootId === b?.bootId

export const samePorts = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean =>
  a.size === b.size && [...a].every((port) => b.has(port))
