import type { LeaseRecord } from "../../ledger/LeaseRow.ts"
import type { HostProbe } from "../../ops/HostProbe.ts"

export interface Verdict {
  readonly gone: boolean
  readonly reason: string
}

/**
 * Only what is provably nobody's: everything that cannot be proven stays. For somebody who holds the VM's lock, so that
 * whatever is half done has nobody at work on it. Who has begun to take a VM down meant it, whoever owns it.
 */
export const judge = (record: LeaseRecord, probe: Pick<HostProbe["Service"], "alive">): Verdict => {
  const { creator, request, state } = record
  const { owner } = request
  if (owner !== undefined && !probe.alive(owner))
    return { gone: true, reason: `its owner, process ${owner.pid}, is gone` }
  switch (state) {
    case "active":
      return { gone: false, reason: owner === undefined ? "it has no owner process" : "its owner runs" }
    case "configuring":
      return probe.alive(creator)
        ? { gone: false, reason: `its creator, process ${creator.pid}, runs` }
        : { gone: true, reason: `it never came up, and its creator, process ${creator.pid}, is gone` }
    case "releasing":
    case "failed":
      return { gone: true, reason: `its removal did not come to its end (${state})` }
  }
}
