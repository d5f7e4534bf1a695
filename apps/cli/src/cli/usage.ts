import { VmnetError } from "@vmnet/core"
import type { CliError, Command } from "effect/cli"

const didYouMean = (suggestions: ReadonlyArray<string>): string =>
  suggestions.length === 0 ? "" : `, did you mean ${suggestions.join(" or ")}?`

const quoted = (text: string): string => JSON.stringify(text)

/** The framework's `"a" | "b"` in words. */
const inWords = (expected: string): string => {
  const choices = [...expected.matchAll(/"([^"]*)"/g)].map((match) => match[1])
  return choices.length > 1 ? `it is one of ${choices.join(", ")}` : expected
}

const invalidValue = ({ kind, option, value, expected }: CliError.InvalidValue): string => {
  if (kind === "argument") return `${option} cannot be ${quoted(value)}: ${inWords(expected)}`
  if (value === "") return `--${option} needs a value`
  const times = /^(\d+) occurrences$/.exec(value)
  if (times !== null && expected.startsWith("at most")) return `--${option} is given ${times[1]} times`
  return `--${option} cannot be ${quoted(value)}: ${inWords(expected)}`
}

/** One problem with the words of a command line, in one line. */
const problem = (error: CliError.NonShowHelpErrors): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      // One letter is as near to any other: no hint at all is better.
      return `unknown option ${error.option}${error.option.length > 2 ? didYouMean(error.suggestions) : ""}`
    case "UnknownSubcommand":
      return `unknown command ${quoted(error.subcommand)}${didYouMean(error.suggestions)}`
    case "UnexpectedArgument":
      return `unexpected ${error.arguments.map(quoted).join(", ")}`
    case "MissingArgument":
      return `${error.argument} is missing`
    case "MissingOption":
      return `--${error.option} is missing`
    case "InvalidValue":
      return invalidValue(error)
    default:
      return error.message
  }
}

const verbsOf = (root: Command.Command.Any, path: ReadonlyArray<string>): ReadonlyArray<string> => {
  const all = (command: Command.Command.Any) => command.subcommands.flatMap((group) => group.commands)
  const at = path
    .slice(1)
    .reduce<Command.Command.Any | undefined>(
      (command, verb) => (command === undefined ? undefined : all(command).find((child) => child.name === verb)),
      root
    )
  return at === undefined ? [] : all(at).map((child) => child.name)
}

/** The framework's request to show help (after a mistake, or for lack of a verb) as an error like every other. */
export const usageError = (request: CliError.ShowHelp, root: Command.Command.Any): VmnetError => {
  const path = request.commandPath.join(" ")
  const problems = [...new Set(request.errors.map(problem))]
  return new VmnetError({
    code: "BAD_INPUT",
    detail:
      problems.length > 0 ? problems.join("; ") : `say what to do: ${verbsOf(root, request.commandPath).join(", ")}`,
    hint: `see ${path} --help`
  })
}
