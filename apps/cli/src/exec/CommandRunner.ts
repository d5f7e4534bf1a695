import type { VmnetError } from "@vmnet/core"
import { Context, type Effect } from "effect"
import type { CommandNotRun } from "../cli/CommandNotRun.ts"

/** A network namespace to run in. A process is named with its start time, so that a recycled pid is never taken for it. */
export interface NetnsFile {
  readonly path: string
  readonly process?: { readonly pid: number; readonly startTime: string }
  /** The user namespace that it belongs to is entered with it: the command is root in there, and the same user outside. */
  readonly user?: true
}

/** A command with the terminal's stdio. `netns: null` is the namespace vmnet runs in. */
export interface CommandLine {
  readonly argv: readonly [program: string, ...args: ReadonlyArray<string>]
  readonly env: Readonly<Record<string, string>>
  readonly netns: NetnsFile | null
}

/** Runs a command to its end and gives its exit code, 128+n when signal n ended it. */
export class CommandRunner extends Context.Service<
  CommandRunner,
  { readonly run: (command: CommandLine) => Effect.Effect<number, CommandNotRun | VmnetError> }
>()("@vmnet/cli/CommandRunner") {}
