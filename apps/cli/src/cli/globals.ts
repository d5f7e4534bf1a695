import { builtinSections } from "@vmnet/core"
import { Option, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { formatIds } from "../output/formats.ts"
import { switchFlag } from "./switchFlag.ts"

/** A path that is there: the empty one would mean the current directory. */
const path = (id: string): Flag.Flag<string> => Flag.String(id).pipe(Flag.withSchema(Schema.NonEmptyString))

const optional = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  Flag.optional(flag).pipe(Flag.map(Option.getOrUndefined))

/** Accepted before and after the verb. */
const flags = {
  backend: optional(
    Flag.Literals("backend", Object.keys(builtinSections)).pipe(
      Flag.withMetavar("BACKEND"),
      Flag.withDescription("How up attaches the VM (default: as its network says)")
    )
  ),
  config: optional(
    path("config").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("Configuration file (default $VMNET_CONFIG, then /etc/vmnet/config.yaml)")
    )
  ),
  stateDir: optional(
    path("state-dir").pipe(
      Flag.withMetavar("DIR"),
      Flag.withDescription("Where leases are recorded (default /run/vmnet, or $XDG_RUNTIME_DIR/vmnet when not root)")
    )
  ),
  output: optional(
    Flag.Literals("output", formatIds).pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FORMAT"),
      Flag.withDescription("How the result is printed (default table on a terminal, json in a pipe)")
    )
  ),
  json: switchFlag("json", "The result as -o json unless -o says otherwise, and errors as JSON on stderr"),
  ops: Flag.Literals("ops", ["auto", "native", "exec"]).pipe(
    Flag.withDefault("auto" as const),
    Flag.withMetavar("WAY"),
    Flag.withDescription("How the kernel is reached: auto, native (calls in this process) or exec (ip and nft)")
  ),
  noDaemon: switchFlag("no-daemon", "Do the work in this process, daemon or not"),
  verbose: switchFlag("verbose", "A line for every step, and the cause of errors, on stderr").pipe(Flag.withAlias("v"))
}

/** The command without its verbs; a verb reads the flags above with `yield* root`. */
export const root = Command.make("vmnet").pipe(
  Command.withSharedFlags(flags),
  Command.withDescription("Host-side networking for virtual machines, microVMs and sandboxes")
)

export type Globals = {
  readonly [K in keyof typeof flags]: (typeof flags)[K] extends Flag.Flag<infer A> ? A : never
}

export { optional }
