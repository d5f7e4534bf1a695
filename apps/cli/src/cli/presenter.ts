import { Console, Context, Effect, Layer } from "effect"
import { CliConfig, CliOutput, Flag, GlobalFlag, type HelpDoc } from "effect/cli"
import { Streams } from "../terminal/Streams.ts"

/** The usage line of a command whose words the framework cannot guess the shape of. */
export class UsageLine extends Context.Reference<string>("@vmnet/cli/UsageLine", { defaultValue: () => "" }) {}

const asWritten = (doc: HelpDoc.HelpDoc): HelpDoc.HelpDoc => {
  const line = Context.get(doc.annotations, UsageLine)
  const flag = (one: HelpDoc.FlagDoc): HelpDoc.FlagDoc =>
    one.type === "[=boolean]" ? { ...one, type: "boolean" } : one
  return {
    ...doc,
    usage: line === "" ? doc.usage : line,
    ...(doc.args && { args: doc.args.map((arg) => ({ ...arg, type: "" })) }),
    flags: doc.flags.map(flag),
    inheritedFlags: (doc.inheritedFlags ?? []).map(flag),
    globalFlags: (doc.globalFlags ?? []).map(flag)
  }
}

/** Help and version on stdout. Mistakes are told by `report`, with every other error. */
const presenter = (colors: boolean): CliOutput.Presenter => {
  const formatter = CliOutput.defaultFormatter({ colors })
  return {
    present: (event) => {
      if (event._tag === "Version") return Console.log(`${event.name} v${event.version}`)
      if (event._tag === "Help" && event.reason === "Requested") {
        return Console.log(formatter.formatHelpDoc(asWritten(event.helpDoc)))
      }
      return Effect.void
    }
  }
}

/** The framework's own `--version` without its `-v`, which is ours for "verbose". */
const version: GlobalFlag.Action<boolean> = {
  ...GlobalFlag.Version,
  flag: Flag.Boolean("version").pipe(Flag.withDescription("Show version information"), Flag.withDefault(false))
}

export const layerOutput: Layer.Layer<never, never, Streams> = Layer.merge(
  Layer.effect(
    CliOutput.Presenter,
    Effect.map(Streams, (streams) => presenter(streams.stdout.color))
  ),
  CliConfig.layer({ builtIns: [GlobalFlag.Help, version, GlobalFlag.Completions] })
)
