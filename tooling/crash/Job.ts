/** A part of a scenario's kills, for one process in namespaces of its own. */
export interface Job {
  readonly scenario: string
  readonly bundle: { readonly file: string; readonly cache: string; readonly ops?: string }
  readonly part: number
  readonly parts: number
  /** Only so many kills, spread over all; then the points are recorded once. */
  readonly count?: number
  /** How many of its kills are done. */
  readonly from: number
  readonly only?: { readonly point: number; readonly mode: string; readonly delay?: number }
}

/** What a worker says of itself, one line each. */
export type Report =
  | {
      readonly kind: "world"
      readonly points: number
      readonly kills: number
      readonly unsteady: ReadonlyArray<string>
    }
  | KillReport

export interface KillReport {
  readonly kind: "kill"
  readonly point: number
  readonly words: string
  readonly mode: string
  readonly delay: number
  readonly ms: number
  readonly ended: "before" | "after" | "neither"
  readonly reached: boolean
  readonly leaks: ReadonlyArray<string>
  readonly foreign: ReadonlyArray<string>
  readonly broken: ReadonlyArray<string>
}
