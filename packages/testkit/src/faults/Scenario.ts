import type { Effect, Exit, Layer, Scope } from "effect"
import type { Call } from "./Call.ts"
import { type Fault, type Injection, describeFault } from "./Fault.ts"
import type { Faults } from "./Faults.ts"

/** One run of a scenario: what was made to go wrong, and how it ended. */
export interface FaultRun<World, A, E> {
  readonly world: World
  /** What struck; empty in the first run, in which everything goes well. */
  readonly injections: ReadonlyArray<Injection>
  readonly calls: ReadonlyArray<Call>
  /** Null when the process died. */
  readonly exit: Exit.Exit<A, E> | null
  /** `call 3 of 12 fails though applied (LinkOps.apply host: add tap vmt1)`. */
  readonly words: string
}

/** Something to do, what it is done to, and what must be true afterwards whatever went wrong. */
export interface Scenario<World, A, E, R, RIn = never> {
  /** A fresh world, the same each time; gone with its scope when the run has been checked. */
  readonly world: Effect.Effect<World, unknown, RIn | Scope.Scope>
  /** The services of `run` and `check` over that world, decorated with `faultyCalls`, `faultyOps`, ... */
  readonly services: (world: World) => Layer.Layer<R, unknown, RIn | Faults>
  readonly run: (world: World) => Effect.Effect<A, E, R>
  /**
   * Fails, or dies, when the world is not as it must be. No fault strikes any more. It has the services of the run, or,
   * when the process died, new ones over the same world.
   */
  readonly check: (run: FaultRun<World, A, E>) => Effect.Effect<unknown, unknown, R | RIn | Scope.Scope>
  /** The ways a call goes wrong, each in a run of its own; `everyFault` unless given. */
  readonly faults?: (call: Call) => ReadonlyArray<Fault>
  /** What goes wrong with the calls after a fault as well, undoing for example; nothing unless given. */
  readonly again?: (call: Call) => ReadonlyArray<Fault>
  /** The bound of a run in milliseconds of wall time, 10 000 unless given. */
  readonly limit?: number
}

export const describeRun = (injections: ReadonlyArray<Injection>, calls: ReadonlyArray<Call>): string =>
  injections.length === 0
    ? "nothing goes wrong"
    : injections
        .map(({ at, fault }) => {
          const call = calls[at - 1]
          return call === undefined
            ? `call ${at} is never made`
            : `call ${at} of ${calls.length} ${describeFault(fault, call)} (${call.words})`
        })
        .join(", then ")
