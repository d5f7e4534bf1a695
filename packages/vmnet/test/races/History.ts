/** What a process asks for; plain data, for it goes over a pipe. */
export type Step =
  | Up
  | { readonly _tag: "Down" | "Show"; readonly vm: string }
  | { readonly _tag: "Publish" | "Unpublish"; readonly vm: string; readonly port: number }
  | { readonly _tag: "List" | "Gc" }
  | { readonly _tag: "Warm" | "RemoveNetwork"; readonly network: string }

export interface Up {
  readonly _tag: "Up"
  readonly vm: string
  readonly network: string
  readonly ip?: string
  readonly slot?: number
  readonly publish: ReadonlyArray<number>
  /** It is to end with the process that asks. */
  readonly owned: boolean
}

/** A VM as an answer describes it. */
export interface Seen {
  readonly vm: string
  readonly state: string
  readonly generation: number
  readonly network: string
  readonly address: string
  /** What nobody else may have at the same time: addresses, devices, namespaces, MACs. */
  readonly things: ReadonlyArray<string>
  readonly publish: ReadonlyArray<number>
}

/** How a step ended: what it answered, or why it was refused. */
export interface Outcome {
  /** `made`, `existing`, `removed`, `absent`, `changed`, `shown`, `listed`, `collected`, `warmed`, or the code of a refusal. */
  readonly word: string
  readonly seen?: ReadonlyArray<Seen>
  /** The VMs that a `gc` has taken. */
  readonly taken?: ReadonlyArray<string>
  readonly details?: Readonly<Record<string, unknown>>
  readonly message?: string
}

/** One operation of the history; times are those of the machine's monotonic clock, in milliseconds. */
export interface Event {
  /** `7.0`: the first process with the number 7; its successor is `7.1`. */
  readonly process: string
  readonly step: Step
  readonly start: number
  /** When its answer was there, or when its process was certainly dead. */
  readonly end: number
  /** Null when its process was killed: it may have happened or not. */
  readonly outcome: Outcome | null
}

/** When a process was killed: it was alive before `sent` and dead after `reaped`. */
export interface Kill {
  readonly sent: number
  readonly reaped: number
}

export interface History {
  readonly events: ReadonlyArray<Event>
  readonly kills: ReadonlyMap<string, Kill>
}

export const describeEvent = ({ end, outcome, process, start, step }: Event): string => {
  const answer =
    outcome === null
      ? "killed"
      : [outcome.word, outcome.message ?? JSON.stringify(outcome.seen ?? outcome.taken ?? "")].join(" ")
  return `${start.toFixed(1)}-${end.toFixed(1)} ${process} ${JSON.stringify(step)}: ${answer}`
}
