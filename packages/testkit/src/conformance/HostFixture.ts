import type { Protocol } from "@vmnet/core"
import { Context, type Effect, type Scope } from "effect"

/** What the `HostProbe` suite needs: processes and sockets of its own, made without the implementation under test. */
export class HostFixture extends Context.Service<
  HostFixture,
  {
    /** A running process, ended with the scope at the latest. `end` returns when its pid is free. */
    readonly process: Effect.Effect<{ readonly pid: number; readonly end: Effect.Effect<void> }, never, Scope.Scope>
    /** A process that has a TAP of its own open, until it ends. `unplug` deletes the device under it. */
    readonly tapHolder: Effect.Effect<
      {
        readonly pid: number
        readonly device: string
        readonly unplug: Effect.Effect<void>
        readonly end: Effect.Effect<void>
      },
      never,
      Scope.Scope
    >
    /** A process in a namespace of its own. `end` returns when its pid is free. */
    readonly apart: Effect.Effect<{ readonly pid: number; readonly end: Effect.Effect<void> }, never, Scope.Scope>
    /** The pid of a process that has ended and that nobody has waited for. */
    readonly zombie: Effect.Effect<number, never, Scope.Scope>
    /** Binds a TCP listener or UDP socket on a free port. `close` returns when it is closed. */
    readonly bind: (
      protocol: Protocol,
      address: string
    ) => Effect.Effect<{ readonly port: number; readonly close: Effect.Effect<void> }, never, Scope.Scope>
  }
>()("@vmnet/testkit/HostFixture") {}
