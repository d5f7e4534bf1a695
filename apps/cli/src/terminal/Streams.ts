import { Context, type Effect } from "effect"

/** What one output stream is connected to. */
export interface Look {
  readonly terminal: boolean
  readonly color: boolean
}

/**
 * The program's two output streams. Whole lines go through Effect's `Console`; `drawStderr` is for what is redrawn in
 * place, and is only used when stderr is a terminal.
 */
export class Streams extends Context.Service<
  Streams,
  {
    readonly stdout: Look
    readonly stderr: Look
    /** Width of the terminal behind stderr, in columns. */
    readonly columns: () => number
    readonly drawStderr: (text: string) => Effect.Effect<void>
  }
>()("@vmnet/cli/Streams") {}
