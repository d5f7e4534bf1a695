import type { LeaseRecord } from "../../ledger/LeaseRow.ts"
import type { HostProbe } from "../../ops/HostProbe.ts"

export interface Verdict {
  readonly gone: boolean
  readonly reason: string
}

/** Only what is provably nobody's: everything that cannot be proven stays. */
export const judge = (record: LeaseRecord, probe: HostProbe["Service"]): Verdict => {
  const { creator, request, state } = record
  const { owner } = request
  if (owner !== undefined && !probe.alive(owner))
    return { gone: true, reason: `its owner, process ${owner.pid}, is gone` }
  if (state === "active") {
    return { gone: false, reason: owner === undefined ? "in use: it has no owner process" : "in use: its owner runs" }
  }
  if (probe.alive(creator)) return { gone: false, reason: `in use: process ${creator.pid} is at work on it` }
  return state === "configuring"
    ? { gone: true, reason: `it never came up, and its creator, process ${creator.pid}, is gone` }
    : { gone: true, reason: `its removal did not come to its end (${state})` }
}
