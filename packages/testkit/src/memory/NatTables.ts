import { refuse } from "./Refusal.ts"

/** The sets and maps of the firewall layout; those of the bridge family last. */
const layoutSets = [
  "segments",
  "pairs",
  "masqueraded",
  "trusted",
  "guests",
  "egress",
  "egress_any",
  "generations",
  "live",
  "publish",
  "publish_any",
  "publish_marks",
  "publish_any_marks",
  "targets",
  "detached",
  "ports",
  "closed",
  "detached_ports",
  "bindings"
] as const

/** Those of a slot, which has a table of its own. */
const slotSets = ["slot_guests", "slot_links", "slot_uplinks", "slot_snat", "slot_dnat"] as const

export const natSets = [...layoutSets, ...slotSets] as const

export type NatSet = (typeof natSets)[number]

/** A key of a set. In the sets of ranges (`egress`, `egress_any`) every part is `first-last`, both included. */
export interface NatKey {
  readonly set: NatSet
  readonly key: ReadonlyArray<string>
}

export interface NatEntry extends NatKey {
  /** What a map yields for the key, null in a set. */
  readonly value: string | null
}

export interface NatEntryState extends NatEntry {
  readonly comment: string
}

const text = (key: ReadonlyArray<string>): string => key.join(" . ")
const isRanged = (set: NatSet): boolean => set === "egress" || set === "egress_any"
const bounds = (part: string): readonly [number, number] => {
  const [first, last] = part.split("-")
  return [Number(first), Number(last)]
}

/** Whether there is a packet that both keys match. */
const overlap = (key: ReadonlyArray<string>, other: ReadonlyArray<string>): boolean =>
  key.every((part, i) => {
    const [[first, last], [otherFirst, otherLast]] = [bounds(part), bounds(other[i]!)]
    return first <= otherLast && otherFirst <= last
  })

/** The tables of one install in one namespace: strict sets and maps, changed in transactions. */
export class NatTables {
  #sets: Map<NatSet, Map<string, NatEntryState>> | null = null
  #damaged = false
  #undo: Array<() => void> | null = null

  get layout(): "absent" | "present" | "altered" {
    if (this.#sets === null) return "absent"
    return this.#damaged ? "altered" : "present"
  }

  addLayout(): void {
    this.#create(layoutSets)
  }

  deleteLayout(): void {
    if (this.#sets === null || this.#sets.has("slot_guests"))
      return refuse("Missing", "delete table: No such file or directory")
    this.#replace(null, false)
  }

  addSlotLayout(): void {
    this.#create(slotSets)
  }

  deleteSlotLayout(): void {
    this.#set("slot_guests")
    this.#replace(null, false)
  }

  /** The rules as they were made; sets and what is in them stay. */
  restoreLayout(): void {
    this.#restore(layoutSets)
  }

  restoreSlotLayout(): void {
    this.#restore(slotSets)
  }

  /** Somebody flushed a chain of ours or deleted a rule. */
  damageLayout(): void {
    if (this.#sets === null) return refuse("Missing", "flush chain: No such file or directory")
    this.#replace(this.#sets, true)
  }

  get({ set, key }: NatKey): NatEntryState | undefined {
    return this.#sets?.get(set)?.get(text(key))
  }

  entries(set: NatSet): ReadonlyArray<NatEntryState> {
    return [...(this.#sets?.get(set)?.values() ?? [])]
  }

  /**
   * `create element`: the key must be free, and in a set of ranges free of overlap as well. The kernel takes some
   * overlaps, depending on their order and on what else is in the transaction; nobody should count on it.
   */
  add(entry: NatEntryState): void {
    const set = this.#set(entry.set)
    const name = text(entry.key)
    const taken =
      set.has(name) || (isRanged(entry.set) && [...set.values()].some((other) => overlap(entry.key, other.key)))
    if (taken) return refuse("Exists", `${entry.set} ${name}: File exists`)
    set.set(name, entry)
    this.#undo?.push(() => set.delete(name))
  }

  /** By exact key, whatever the value: a wider range never goes in place of a narrower one. */
  delete({ set, key }: NatKey): void {
    const entries = this.#set(set)
    const name = text(key)
    const found = entries.get(name)
    if (found === undefined) return refuse("Missing", `${set} ${name}: No such file or directory`)
    entries.delete(name)
    this.#undo?.push(() => entries.set(name, found))
  }

  /** Everything `run` changes, or nothing when it throws. */
  transaction(run: () => void): void {
    const undo: Array<() => void> = []
    this.#undo = undo
    try {
      run()
    } catch (cause) {
      for (const revert of undo.toReversed()) revert()
      throw cause
    } finally {
      this.#undo = null
    }
  }

  /** One table name, whatever is in it. */
  #create(sets: ReadonlyArray<NatSet>): void {
    if (this.#sets !== null) return refuse("Exists", "create table: File exists")
    this.#replace(new Map(sets.map((set) => [set, new Map()])), false)
  }

  #restore(names: ReadonlyArray<NatSet>): void {
    const sets = this.#sets ?? new Map<NatSet, Map<string, NatEntryState>>()
    if ([...sets.keys()].some((set) => !names.includes(set))) return refuse("Exists", "another layout is there")
    this.#replace(new Map(names.map((set) => [set, sets.get(set) ?? new Map()])), false)
  }

  #set(set: NatSet): Map<string, NatEntryState> {
    return this.#sets?.get(set) ?? refuse("Missing", `${set}: No such file or directory`)
  }

  #replace(sets: Map<NatSet, Map<string, NatEntryState>> | null, damaged: boolean): void {
    const [before, wasDamaged] = [this.#sets, this.#damaged]
    this.#sets = sets
    this.#damaged = damaged
    this.#undo?.push(() => {
      this.#sets = before
      this.#damaged = wasDamaged
    })
  }
}
