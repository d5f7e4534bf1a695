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
  /** Somebody has deleted a part of it. */
  readonly damaged: boolean
  /** A change of its ports did not come to its end: it may hold more of them than it publishes. */
  readonly unfinished: boolean
}

/** Everything that a correct machine would have to remember; each operation makes another. */
export interface Model {
  readonly vms: Map<string, ModelVm>
  /** `network address`, who had it, and until when nobody else should get it. */
  readonly cooling: Map<string, { readonly vm: string; readonly until: number }>
  /** The last generation of each VM: they only ever rise. */
  readonly generations: Map<string, number>
}

export const emptyModel = (): Model => ({ vms: new Map(), cooling: new Map(), generations: new Map() })

export const sameProcess = (a: ProcessId | undefined, b: ProcessId | undefined): boolean =>
  a?.pid === b?.pid && a?.startTime === b?.startTime && a?.bootId === b?.bootId

export const samePorts = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean =>
  a.size === b.size && [...a].every((port) => b.has(port))

/**
 * An attempt that is undone gives its address back for anybody, also one that it had only got because it cooled down for
 * its VM; whether there was such an attempt cannot be seen from the answer.
 */
export const forgetCoolingFor = ({ cooling }: Model, name: string): void => {
  for (const [key, { vm }] of cooling) if (vm === name) cooling.delete(key)
}
