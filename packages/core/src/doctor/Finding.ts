/** How bad it is: `problem` keeps guests from working or leaves something behind, `warning` may, or could not be seen. */
export type FindingStatus = "problem" | "warning" | "ok"

/** One thing that was looked at, and what a person can do about it. */
export interface Finding {
  /** Stable: `forward-chains`, `tools`, ... Several findings may come from one check. */
  readonly check: string
  readonly status: FindingStatus
  /** One line. Names in it may be hostile: whoever prints it makes it printable. */
  readonly message: string
  /** A command or a setting that a person can type, `null` where there is nothing to do. */
  readonly fix: string | null
  readonly details: Readonly<Record<string, unknown>>
}
