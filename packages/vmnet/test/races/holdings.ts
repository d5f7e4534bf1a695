import { type Event, type History, describeEvent } from "./History.ts"

/** That a VM has a thing, from when to when. */
export interface Holding {
  readonly vm: string
  readonly thing: string
  readonly from: number
  readonly until: number
}

export const portThing = (port: number): string => `port ${port}`
/** Stands for an address that nobody was told. */
export const someAddress = (network: string): string => `some address of ${network}`

/** Whether the event may have ended, or has certainly ended, that the VM has what it had been given. */
const mayEnd = ({ outcome, step }: Event, vm: string, thing: string): boolean => {
  switch (step._tag) {
    case "Down":
      return step.vm === vm
    case "Up":
      return step.vm === vm && (outcome === null || (outcome.word !== "existing" && outcome.word !== "VM_CONFLICT"))
    case "Unpublish":
      return step.vm === vm && thing === portThing(step.port)
    case "Gc":
      return outcome === null || outcome.taken?.includes(vm) === true
    default:
      return false
  }
}

const hasEnded = (event: Event, vm: string, thing: string): boolean => {
  const { outcome, step } = event
  if (outcome === null || !mayEnd(event, vm, thing)) return false
  return step._tag === "Up"
    ? outcome.word !== "BUSY"
    : ["removed", "absent", "changed", "collected"].includes(outcome.word)
}

/** What an answer says that its VM was given. */
const given = ({ outcome, step }: Event): ReadonlyArray<string> => {
  if (step._tag === "Publish") return outcome?.word === "changed" ? [portThing(step.port)] : []
  if (step._tag !== "Up" || outcome?.word !== "made") return []
  const { network, things } = outcome.seen![0]!
  return [...things, ...step.publish.map(portThing), `network ${network}`]
}

/** What an event may have given its VM: a refusal nothing, not even for a while. */
const mayHaveGiven = (event: Event): ReadonlyArray<string> => {
  const { outcome, step } = event
  const isKept = outcome === null || ["made", "existing", "changed"].includes(outcome.word)
  if (!isKept) return []
  if (step._tag === "Publish") return [portThing(step.port)]
  if (step._tag !== "Up") return []
  const place = outcome === null ? [someAddress(step.network)] : []
  return [...given(event), ...step.publish.map(portThing), `network ${step.network}`, ...place]
}

/** From when on, and until when, each thing was certainly somebody's: from an answer to the start of what may end it. */
export const certainHoldings = ({ events }: History): ReadonlyArray<Holding> =>
  events.flatMap((event) => {
    if (!("vm" in event.step)) return []
    const { vm } = event.step
    return given(event).flatMap((thing) => {
      const ends = events.filter((other) => other !== event && other.end > event.start && mayEnd(other, vm, thing))
      const until = Math.min(Infinity, ...ends.map(({ start }) => start))
      return until > event.end ? [{ vm, thing, from: event.end, until }] : []
    })
  })

/** The longest that anybody may have had each thing: from when it was asked for to the answer of what ended it. */
export const possibleHoldings = ({ events }: History): ReadonlyArray<Holding> =>
  events.flatMap((event) => {
    if (!("vm" in event.step)) return []
    const { vm } = event.step
    return mayHaveGiven(event).map((thing) => {
      const ends = events.filter((other) => other.start >= event.end && hasEnded(other, vm, thing))
      return { vm, thing, from: event.start, until: Math.min(Infinity, ...ends.map(({ end }) => end)) }
    })
  })

/** Things that one VM at a time has: two that certainly had one at the same time are one too many. */
export const heldTwice = (history: History): ReadonlyArray<string> => {
  const exclusive = certainHoldings(history).filter(({ thing }) => !thing.startsWith("network "))
  const byThing = Map.groupBy(exclusive, ({ thing }) => thing)
  return [...byThing].flatMap(([thing, holdings]) => {
    const ordered = holdings.toSorted((a, b) => a.from - b.from)
    return ordered.flatMap((one, index) =>
      ordered
        .slice(index + 1)
        .filter((other) => other.vm !== one.vm && other.from < one.until)
        .map((other) => `${thing} was ${one.vm}'s until ${one.until} and ${other.vm}'s from ${other.from} on`)
    )
  })
}

/** How many guests a network has room for, and devices in its pool. */
export type Sizes = Readonly<Record<string, { readonly addresses: number; readonly pool?: number }>>

const overlaps = (holding: Holding, { end, start }: Event): boolean => holding.from <= end && holding.until >= start

/** Refusals that nobody's possession explains. */
export const unfounded = (history: History, sizes: Sizes): ReadonlyArray<string> => {
  const byThing = Map.groupBy(possibleHoldings(history), ({ thing }) => thing)
  const holders = (thing: string, event: Event): ReadonlySet<string> =>
    new Set((byThing.get(thing) ?? []).flatMap((holding) => (overlaps(holding, event) ? [holding.vm] : [])))
  // Whoever is refused to come up has nothing himself.
  const others = (thing: string, event: Event): number =>
    [...holders(thing, event)].filter((vm) => !("vm" in event.step) || event.step.vm !== vm).length
  return history.events.flatMap((event) =>
    event.outcome === null || isFounded(history, event, { holders, others }, sizes) ? [] : [describeEvent(event)]
  )
}

interface Looks {
  readonly holders: (thing: string, event: Event) => ReadonlySet<string>
  readonly others: (thing: string, event: Event) => number
}

const isFounded = ({ events }: History, event: Event, { holders, others }: Looks, sizes: Sizes): boolean => {
  const { details, word } = event.outcome!
  const { step } = event
  const holder = String(details?.["holder"])
  switch (word) {
    case "PORT_IN_USE":
      return holders(portThing(Number(details?.["port"])), event).has(holder)
    case "ADDRESS_IN_USE": {
      if (step._tag !== "Up") return false
      const address = `address ${String(details?.["address"])} of ${step.network}`
      // Given back, and the owner of the one who had it runs still.
      if (details?.["pid"] !== undefined) return wasOwned(events, holder, event)
      return holders(address, event).has(holder) || holders(someAddress(step.network), event).has(holder)
    }
    case "ADDRESS_EXHAUSTED":
      if (step._tag !== "Up") return false
      return others(`network ${step.network}`, event) + waiting(details) >= sizes[step.network]!.addresses
    case "POOL_EXHAUSTED": {
      if (step._tag !== "Up") return false
      // Devices that are being made or removed are nobody's, and count; those that a killed process left as well.
      const isChanging = events.some(
        (other) => changesPool(other) && other.start <= event.end && other.end >= event.start
      )
      const isLeft = events.some((other) => other.outcome === null && other.start <= event.end)
      return isChanging || isLeft || others(`network ${step.network}`, event) >= sizes[step.network]!.pool!
    }
    case "NETWORK_IN_USE":
      return step._tag === "RemoveNetwork" && others(`network ${step.network}`, event) > 0
    default:
      return true
  }
}

/** Whether a VM was ever somebody's whose end addresses wait for. */
const wasOwned = (events: ReadonlyArray<Event>, vm: string, { end }: Event): boolean =>
  events.some(({ start, step }) => step._tag === "Up" && step.vm === vm && step.owned && start <= end)

/** How many addresses an error says to wait for the owners of those who gave them back. */
const waiting = (details: Readonly<Record<string, unknown>> | undefined): number =>
  (details?.["running"] as ReadonlyArray<unknown> | undefined)?.length ?? 0

const changesPool = ({ step }: Event): boolean =>
  step._tag === "Warm" || step._tag === "RemoveNetwork" || step._tag === "Gc" || step._tag === "Down"
