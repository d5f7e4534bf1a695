/** One thing done to the world, with the program's own code but not as the process that is killed. */
export type Step =
  | { readonly run: ReadonlyArray<string>; readonly codes?: ReadonlyArray<number> }
  /** A VM whose owner has ended. */
  | { readonly orphan: ReadonlyArray<string> }
  /** A command that was killed at the first point with these words. */
  | { readonly killed: ReadonlyArray<string>; readonly at: string }
  /** A program of the host, not vmnet. */
  | { readonly host: ReadonlyArray<string> }

/** Where a kill begins: the base of its world, or where `setup` has led to. */
export type Stage = "base" | "before"

/** A verb that is killed at each of its points. Everything about it is data. */
export interface Scenario {
  readonly name: string
  readonly verb: string
  readonly backend: string
  /** The configuration file, if it needs one. */
  readonly config?: string
  /** What the host is like before anything else: a live neighbour, for example. Done once; its state is the base. */
  readonly prepare?: ReadonlyArray<Step>
  /** What leads from the base to where the verb starts; done for each kill. */
  readonly setup?: ReadonlyArray<Step>
  readonly argv: ReadonlyArray<string>
  /** What leads from how the verb ends to how it begins, or to the base, where that is less than `check`. */
  readonly back?: { readonly to: Stage; readonly steps: ReadonlyArray<Step> }
  /** What must work after the kill and the `gc`, and leads to the base again. */
  readonly check: ReadonlyArray<Step>
  /** Whether one `gc` has to complete the verb: it does so for a `gc` that was killed. Otherwise before and after are fine. */
  readonly completes?: boolean
  /** Whether each object that it changes counts alone: half of a repair is no harm, and another one does the rest. */
  readonly partial?: boolean
  /** Where a guest answers, throughout: the URL as the LAN neighbour asks for it. */
  readonly answers?: string
  /** Named namespaces whose insides count as well. */
  readonly inside?: ReadonlyArray<string>
  /** Directories whose files count as well. */
  readonly directories?: ReadonlyArray<string>
  /** How many of its kills `npm test` does. */
  readonly sample?: number
}
