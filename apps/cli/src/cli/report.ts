import { exitCodeOf, VmnetError } from "@vmnet/core"
import { Cause, Console, Effect, Result } from "effect"
import { CliError, type Command } from "effect/cli"
import { printableJson, printableLines } from "../terminal/printable.ts"
import { Streams } from "../terminal/Streams.ts"
import { type Style, styleFor } from "../terminal/style.ts"
import type { Tone } from "./argv.ts"
import { CommandNotRun } from "./CommandNotRun.ts"
import { SeveralFailures } from "./SeveralFailures.ts"
import { usageError } from "./usage.ts"

/** A failure as `--json` prints it, with the exit code beside it. */
interface Failure {
  readonly exitCode: number
  readonly body: Readonly<Record<"code" | "message" | "details" | "hint", unknown>>
  /** As text: the errors one by one. */
  readonly errors: ReadonlyArray<VmnetError>
}

/** An error as `--json` prints it. */
export const bodyOf = (error: VmnetError): Failure["body"] => ({
  code: error.code,
  message: error.message,
  details: error.details ?? {},
  hint: error.hint ?? null
})

const single = (error: VmnetError, exitCode: number = exitCodeOf[error.code]): Failure => ({
  exitCode,
  body: bodyOf(error),
  errors: [error]
})

const defect = (thrown: unknown): VmnetError =>
  new VmnetError({
    code: "INTERNAL",
    detail: `internal error: ${thrown instanceof Error ? thrown.message.split("\n")[0] : String(thrown)}`,
    hint: "This is a bug in vmnet; -v shows where.",
    cause: thrown
  })

const failureOf = (error: unknown, root: Command.Command.Any): Failure => {
  if (error instanceof VmnetError) return single(error)
  if (error instanceof CommandNotRun) return single(error.asVmnetError, error.exitCode)
  if (error instanceof SeveralFailures) {
    const body = { ...bodyOf(error.lead), message: error.message, details: { errors: error.errors.map(bodyOf) } }
    return { exitCode: exitCodeOf[error.lead.code], body, errors: error.errors }
  }
  if (CliError.isCliError(error) && error._tag === "ShowHelp") return single(usageError(error, root))
  return single(defect(error))
}

/** The causes of an error, outermost first; bounded, because a chain may close on itself. */
const causesOf = (error: Error): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (let cause = error.cause; cause instanceof Error && lines.length < 10; cause = cause.cause) {
    lines.push(`caused by: ${cause.stack ?? cause.message}`)
  }
  return lines
}

const asText = (error: VmnetError, tone: Tone, style: Style): string => {
  const lines = [`${style.red("vmnet:")} ${printableLines(error.message)}`]
  if (error.hint !== undefined) lines.push(printableLines(error.hint))
  if (tone.verbose) lines.push(...causesOf(error).map((cause) => style.dim(printableLines(cause))))
  return lines.join("\n")
}

/** Tells a failure on stderr, as text or as exactly one JSON object, and gives the exit code it means. */
export const report = Effect.fn("report")(function* (
  cause: Cause.Cause<unknown>,
  tone: Tone,
  root: Command.Command.Any
) {
  const found = Cause.findError(cause)
  const failure = failureOf(Result.isSuccess(found) ? found.success : Cause.squash(cause), root)
  if (tone.json) {
    yield* Console.error(printableJson({ error: failure.body }, false))
    return failure.exitCode
  }
  const style = styleFor((yield* Streams).stderr)
  yield* Effect.forEach(failure.errors, (error) => Console.error(asText(error, tone, style)), { discard: true })
  return failure.exitCode
})
