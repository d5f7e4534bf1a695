import { exitCodeOf, VmnetError } from "@vmnet/core"
import { Effect, Schema } from "effect"

/** Worst first: what trying again does not mend stands before what it may. */
const severity = [1, 6, 4, 5, 3, 2, 7, 8]

const rank = (error: VmnetError): number => severity.indexOf(exitCodeOf[error.code])

/** Several failures of one command, each of an object of its own. */
export class SeveralFailures extends Schema.TaggedError<SeveralFailures>()("SeveralFailures", {
  action: Schema.String,
  /** Which of them decides how the command ends. */
  leading: Schema.Literals(["first", "worst"]),
  errors: Schema.NonEmptyArray(VmnetError)
}) {
  get lead(): VmnetError {
    if (this.leading === "first") return this.errors[0]
    return this.errors.reduce((worst, error) => (rank(error) < rank(worst) ? error : worst))
  }
  override get message(): string {
    return `${this.errors.length} ${this.action}: ${this.errors.map((error) => error.message).join("; ")}`
  }
}

/** Ends a command that has told of every VM by itself, with the first error where there is one. */
export const failFirst = (
  action: string,
  errors: ReadonlyArray<VmnetError>
): Effect.Effect<void, VmnetError | SeveralFailures> => {
  const [first, second] = errors
  if (first === undefined) return Effect.void
  if (second === undefined) return Effect.fail(first)
  return Effect.fail(new SeveralFailures({ action, leading: "first", errors: [first, ...errors.slice(1)] }))
}
