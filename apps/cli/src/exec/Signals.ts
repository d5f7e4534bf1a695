import { Context, type Effect, type Scope } from "effect"

/** Signals this process receives. While a receiver is in place they are its business and interrupt nothing. */
export class Signals extends Context.Service<
  Signals,
  { readonly handOver: (receive: (signal: NodeJS.Signals) => void) => Effect.Effect<void, never, Scope.Scope> }
>()("@vmnet/cli/Signals") {}
