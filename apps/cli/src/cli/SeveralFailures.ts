import { exitCodeOf, VmnetError } from "@vmnet/core"
import { Schema } from "effect"

/** Worst first: what trying again does not mend stands before what it may. */
const severity = [1, 6, 4, 5, 3, 2, 7, 8]

const rank = (error: VmnetError): number => severity.indexOf(exitCodeOf[error.code])

/** Several failures of one command, each of an object of its own. */
export class SeveralFailures extends Schema.TaggedError<SeveralFailures>()("SeveralFailures", {
  action: Schema.String,
  errors: Schema.NonEmptyArray(VmnetError)
}) {
  get worst(): VmnetError {
    return this.errors.reduce((worst, error) => (rank(error) < rank(worst) ? error : worst))
  }
  override get message(): string {
    return `${this.errors.length} ${this.action}: ${this.errors.map((error) => error.message).join("; ")}`
  }
}
