import { type CommandError, OpsError, type OpsReason } from "@vmnet/core"
import type { Attempt } from "@vmnet/ops-common"

const reasonOf: Readonly<Record<CommandError["reason"], OpsReason>> = {
  NotFound: "ToolMissing",
  NotTrusted: "ToolMissing",
  TimedOut: "TimedOut",
  Killed: "Failed",
  OutputTooLong: "Failed",
  Failed: "Failed"
}

export const ofCommandError = ({ family, action }: Attempt, error: CommandError): OpsError =>
  new OpsError({ family, reason: reasonOf[error.reason], action, output: error.message, cause: error })
