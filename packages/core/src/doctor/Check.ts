import type { HostFacts, Sight } from "../ops/HostSurvey.ts"
import type { ForwardingMode, NetworkSpec } from "../plan/AttachRequest.ts"
import type { Finding, FindingStatus } from "./Finding.ts"

/** What the facts are held against. */
export interface DoctorContext {
  /** The networks there could be: those of the configuration, and the backends' own. */
  readonly networks: ReadonlyArray<NetworkSpec>
  readonly forwarding: ForwardingMode
  /** `null`: there is no place for one. */
  readonly stateDir: string | null
}

/** Looks at one thing. Another check is another file and one more line in `checks.ts`. */
export interface Check {
  readonly id: string
  readonly diagnose: (facts: HostFacts, context: DoctorContext) => ReadonlyArray<Said>
}

/** A finding without the name of its check. */
export interface Said {
  readonly status: FindingStatus
  readonly message: string
  readonly fix?: string
  readonly details?: Finding["details"]
}

export const ok = (message: string, details?: Finding["details"]): Said => ({
  status: "ok",
  message,
  ...(details && { details })
})

export const warning = (message: string, fix?: string, details?: Finding["details"]): Said => ({
  status: "warning",
  message,
  ...(fix !== undefined && { fix }),
  ...(details && { details })
})

export const problem = (message: string, fix?: string, details?: Finding["details"]): Said => ({
  ...warning(message, fix, details),
  status: "problem"
})

/** What was seen is judged; what nobody could look at is said to be so, which is no clean bill. */
export const whenSeen = <A>(
  sight: Sight<A>,
  what: string,
  judge: (value: A) => ReadonlyArray<Said>
): ReadonlyArray<Said> => {
  if (sight._tag === "Seen") return judge(sight.value)
  const fix = sight.denied ? "sudo vmnet doctor" : undefined
  return [warning(`could not look at ${what}: ${sight.why}`, fix, { unseen: true })]
}
