import { Context, type Effect } from "effect"

/**
 * Runs an effect that works in the same namespaces step by step: what has to be opened of them may stay open until it ends,
 * however many steps there are.
 */
export type StayWhile = <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** How operations are told so. By default each step is on its own. */
export const Stay = Context.Reference<StayWhile>("@vmnet/core/Stay", { defaultValue: () => (self) => self })
