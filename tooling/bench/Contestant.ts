/** One way to do what is measured. What it does for a sample is in its closures, so that `prepare` costs the sample nothing. */
export interface Contestant {
  readonly key: ContestantKey
  /** Untimed, once before all: what every later one finds. */
  readonly begin?: () => Promise<void>
  /** Untimed; `turn` is a number that no other sample of the run has. */
  readonly prepare: (turn: number) => Promise<Attempt>
}

/** What is timed, and how to get rid of what a failure has left. */
export interface Attempt {
  readonly attach: Timed
  readonly detach: Timed
  /** What goes on behind the answer of `detach` until its record is gone too; nothing where the answer is the end. */
  readonly finish?: () => Promise<void>
  /** Untimed, after `detach` or after either has failed; must not fail itself. */
  readonly clear: () => Promise<void>
}

/** Work that is timed from outside, unless it says itself how many milliseconds it took. */
export type Timed = () => Promise<number | void>

export const contestantKeys = ["floor-c", "floor", "native", "pool-floor", "pool", "exec", "programs", "cni"] as const
export type ContestantKey = (typeof contestantKeys)[number]

/** As tables and plots call them. */
export const titles: Readonly<Record<ContestantKey, string>> = {
  "floor-c": "bare calls, from C",
  floor: "bare kernel calls",
  native: "vmnet, in-process",
  "pool-floor": "claim, bare calls",
  pool: "vmnet, from a pool",
  exec: "vmnet, ip and nft",
  programs: "one program per step",
  cni: "CNI plugins"
}

/** Those that are code of this process, which is compiled while it runs. */
export const inProcess: ReadonlyArray<ContestantKey> = ["floor", "native", "pool-floor", "pool"]

/** What a contestant is compared with. */
export const floorOf = (key: ContestantKey): ContestantKey => (key.startsWith("pool") ? "pool-floor" : "floor")
