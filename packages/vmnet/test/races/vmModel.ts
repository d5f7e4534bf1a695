import type { Event, History, Kill, Outcome, Seen, Up } from "./History.ts"

/** One VM, as somebody who did one thing after the other would know it. `generation` is null until an answer tells it. */
export type VmState =
  | { readonly _tag: "Absent"; readonly last: number }
  /** Somebody was killed over it: not up, and not all gone. */
  | { readonly _tag: "Left"; readonly last: number }
  | {
      readonly _tag: "Active"
      readonly last: number
      readonly request: string
      readonly publish: ReadonlyArray<number>
      readonly owner: string | null
      readonly generation: number | null
    }
type Active = VmState & { readonly _tag: "Active" }

export const absent: VmState = { _tag: "Absent", last: 0 }

/** An event as one VM has part in it. */
export interface VmEvent {
  readonly vm: string
  readonly start: number
  readonly end: number
  readonly event: Event
  /** How a question found it; null for one that did not find it. */
  readonly seen?: Seen | null
  /** The first half of an `up` that finds what others have left: that goes before anything is made. */
  readonly clears?: true
}

const observing = (event: Event, vm: string, seen: Seen | undefined): ReadonlyArray<VmEvent> => {
  // In the midst of coming or going it is neither there nor away.
  if (seen !== undefined && seen.state !== "active") return []
  return [{ vm, start: event.start, end: event.end, event, seen: seen ?? null }]
}

/** All that a history has on one VM. */
export const eventsOf = ({ events }: History, vm: string): ReadonlyArray<VmEvent> =>
  events.flatMap((event): ReadonlyArray<VmEvent> => {
    const { outcome, step, start, end } = event
    switch (step._tag) {
      case "List":
        return outcome?.word === "listed"
          ? observing(
              event,
              vm,
              outcome.seen?.find((one) => one.vm === vm)
            )
          : []
      case "Show":
        if (step.vm !== vm || outcome === null) return []
        return outcome.word === "shown" || outcome.word === "VM_NOT_FOUND"
          ? observing(event, vm, outcome.seen?.[0])
          : []
      case "Gc":
        return outcome === null || outcome.taken?.includes(vm) === true ? [{ vm, start, end, event }] : []
      case "Warm":
      case "RemoveNetwork":
        return []
      case "Up": {
        if (step.vm !== vm) return []
        const whole: VmEvent = { vm, start, end, event }
        return mayClear(outcome) ? [{ ...whole, clears: true }, whole] : [whole]
      }
      default:
        return step.vm === vm ? [{ vm, start, end, event }] : []
    }
  })

/** Who finds it up, or in the way, has left it as it was. */
const mayClear = (outcome: Outcome | null): boolean => outcome?.word !== "existing" && outcome?.word !== "VM_CONFLICT"

/** Whether a VM could be taken from its owner within an event's time; not knowing when he died, both may be true. */
const mayBeDead = (kills: ReadonlyMap<string, Kill>, owner: string | null, { end }: VmEvent): boolean =>
  owner !== null && (kills.get(owner)?.sent ?? Infinity) <= end

const isDead = (kills: ReadonlyMap<string, Kill>, owner: string | null, { start }: VmEvent): boolean =>
  owner !== null && (kills.get(owner)?.reaped ?? Infinity) <= start

export const requestOf = ({ ip, network, slot }: Up): string => JSON.stringify([network, ip, slot])

const samePorts = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean =>
  JSON.stringify(a.toSorted()) === JSON.stringify(b.toSorted())

const gone = ({ last }: VmState): VmState => ({ _tag: "Absent", last })
const left = ({ last }: VmState): VmState => ({ _tag: "Left", last })
const withPort = (state: Active, port: number): VmState => ({ ...state, publish: [...state.publish, port].toSorted() })
const withoutPort = (state: Active, port: number): VmState => ({
  ...state,
  publish: state.publish.filter((one) => one !== port)
})

const never: ReadonlyArray<VmState> = []

/** What may come of an event in a state: the sequential model of one VM. */
export const applyTo =
  (kills: ReadonlyMap<string, Kill>) =>
  (state: VmState, event: VmEvent): ReadonlyArray<VmState> => {
    const { outcome, process, step } = event.event
    if (event.seen !== undefined) return observed(state, event.seen)
    const isFree = state._tag !== "Active" || mayBeDead(kills, state.owner, event)
    if (event.clears === true) return isFree && state._tag !== "Absent" ? [state, gone(state)] : [state]
    switch (step._tag) {
      case "Up":
        return afterUp(state, step, outcome, {
          owner: step.owned ? process : null,
          isFree,
          isHeld: state._tag === "Active" && !isDead(kills, state.owner, event)
        })
      case "Down":
        return afterDown(state, outcome)
      case "Gc":
        if (outcome === null) return isFree ? [state, gone(state), left(state)] : [state]
        return isFree && state._tag !== "Absent" ? [gone(state)] : never
      case "Publish":
      case "Unpublish":
        return afterPorts(state, step._tag, step.port, outcome)
      default:
        return [state]
    }
  }

const observed = (state: VmState, seen: Seen | null): ReadonlyArray<VmState> => {
  if (seen === null) return state._tag === "Absent" ? [state] : never
  if (state._tag !== "Active" || !samePorts(state.publish, seen.publish)) return never
  return known(state, seen.generation)
}

const known = (state: Active, generation: number): ReadonlyArray<VmState> => {
  if (state.generation === null && generation > state.last) return [{ ...state, generation, last: generation }]
  return state.generation === generation ? [state] : never
}

interface Around {
  readonly owner: string | null
  /** It may be begun anew. */
  readonly isFree: boolean
  /** It is somebody's who may be alive. */
  readonly isHeld: boolean
}

const afterUp = (state: VmState, up: Up, outcome: Outcome | null, around: Around): ReadonlyArray<VmState> => {
  const { isFree, isHeld, owner } = around
  const begun = (generation: number | null): VmState => ({
    _tag: "Active",
    last: generation ?? state.last,
    request: requestOf(up),
    publish: up.publish.toSorted(),
    owner,
    generation
  })
  if (outcome === null) return isFree ? [state, gone(state), left(state), begun(null)] : [state]
  const same =
    state._tag === "Active" &&
    state.request === requestOf(up) &&
    state.owner === owner &&
    samePorts(state.publish, up.publish)
  switch (outcome.word) {
    case "made": {
      const generation = outcome.seen![0]!.generation
      return isFree && generation > state.last ? [begun(generation)] : never
    }
    case "existing":
      return same && isHeld ? known(state, outcome.seen![0]!.generation) : never
    case "VM_CONFLICT":
      return isHeld && !same ? [state] : never
    case "BUSY":
      return isFree ? [state, gone(state)] : [state]
    default:
      return isFree ? [gone(state)] : never
  }
}

const afterDown = (state: VmState, outcome: Outcome | null): ReadonlyArray<VmState> => {
  switch (outcome?.word) {
    case undefined:
      return state._tag === "Absent" ? [state] : [state, left(state), gone(state)]
    case "removed":
      return state._tag === "Absent" ? never : [gone(state)]
    case "absent":
      return state._tag === "Absent" ? [state] : never
    default:
      return [state]
  }
}

const afterPorts = (
  state: VmState,
  verb: "Publish" | "Unpublish",
  port: number,
  outcome: Outcome | null
): ReadonlyArray<VmState> => {
  if (outcome?.word === "BUSY") return [state]
  if (outcome?.word === "VM_NOT_FOUND") return state._tag === "Absent" ? [state] : never
  if (outcome?.word === "VM_CONFLICT") return state._tag === "Left" ? [state] : never
  if (state._tag !== "Active") return outcome === null ? [state] : never
  const has = state.publish.includes(port)
  const changed = verb === "Publish" ? withPort(state, port) : withoutPort(state, port)
  const isChange = has === (verb === "Unpublish")
  if (outcome === null) return isChange ? [state, changed] : [state]
  if (outcome.word === "changed") return isChange ? [changed] : never
  if (outcome.word === "PUBLISH_NOT_FOUND") return has ? never : [state]
  return [state]
}
