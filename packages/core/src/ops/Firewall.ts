/** A name of a device in a rule: exact, or with `*` at its end everything that begins so. */
export interface DeviceMatch {
  readonly names: ReadonlyArray<string>
  readonly negated: boolean
}

/** Where a rule sends a packet. `reject` is `drop` here: neither lets it through. */
export type FirewallVerdict =
  | { readonly _tag: "Accept" }
  | { readonly _tag: "Drop" }
  | { readonly _tag: "Return" }
  | { readonly _tag: "Jump"; readonly chain: string }
  | { readonly _tag: "Goto"; readonly chain: string }

/** A rule as far as it can be told what it does; one without a verdict only counts, logs or marks. */
export interface FirewallRule {
  readonly in: DeviceMatch | null
  readonly out: DeviceMatch | null
  /** The states of connections it is for; `null` for all. */
  readonly states: ReadonlyArray<string> | null
  /** It has conditions beyond these: whether it applies to a packet is not known. */
  readonly conditional: boolean
  readonly verdict: FirewallVerdict | null
}

/** A chain; only one with a `hook` is called by the kernel, the others by rules. */
export interface FirewallChain {
  readonly chain: string
  readonly hook: string | null
  readonly priority: number | null
  readonly policy: "accept" | "drop" | null
  readonly rules: ReadonlyArray<FirewallRule>
}

export interface FirewallTable {
  readonly family: string
  readonly table: string
  readonly chains: ReadonlyArray<FirewallChain>
}
