import { Effect } from "effect"
import { stepError } from "../errors/stepError.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { type HelperFinding, type HelperKey, Helpers } from "../ops/Helpers.ts"
import { formatOwner } from "../names/Owner.ts"
import { netnsKey } from "../ops/Netns.ts"
import type { Attachment } from "../plan/Attachment.ts"
import type { Resource } from "../resource/Resource.ts"

/** The process in whose namespaces a VM's device is, where it is in those of a helper. */
export interface Holder {
  readonly pid: number
  readonly startTime: string
}

/** An attachment as it is now: what was true when it was recorded may not be any more. */
export interface Found {
  readonly attachment: Attachment
  readonly holder: Holder | undefined
  readonly problems: ReadonlyArray<string>
}

interface HelperRow {
  readonly key: HelperKey
  readonly netns: string
}

const ofAll = "SELECT subject, owner, resource FROM resources WHERE key >= 'Helper ' AND key < 'Helper!'"
const ofOne = "SELECT subject, owner, resource FROM resources WHERE subject = ?"

/** The helpers of VMs that are up, by VM; VMs without any are not in it. What one VM costs is its own alone. */
const helpersOf = (tx: Tx, vms: ReadonlyArray<string>): ReadonlyMap<string, ReadonlyArray<HelperRow>> => {
  const query = vms.length === 1 ? ofOne : ofAll
  const rows = tx.all<{ subject: string; owner: string; resource: string }>(
    `${query} AND state <> 'intent' ORDER BY seq`,
    ...(vms.length === 1 ? vms : [])
  )
  const found = rows.flatMap(({ subject, owner, resource: text }) => {
    const resource: Resource = JSON.parse(text)
    if (resource.kind !== "Helper") return []
    return [{ subject, key: { owner, helper: resource.spec.helper }, netns: netnsKey(resource.netns) }]
  })
  return Map.groupBy(found, ({ subject }) => subject)
}

/**
 * Looks whether the helpers of VMs that are on record as up still run. A VM whose helper has ended has `failed`, and its
 * namespace is named by the process that holds it now.
 */
export const asFound = Effect.fnUntraced(function* (attachments: ReadonlyArray<Attachment>) {
  const active = attachments.flatMap(({ state, vm }) => (state === "active" ? [vm] : []))
  const ledger = yield* Ledger
  const helpers =
    active.length > 0
      ? yield* ledger.transact("look up helpers", (tx) => helpersOf(tx, active))
      : new Map<string, never>()
  return yield* Effect.forEach(attachments, (attachment) =>
    attachment.state === "active"
      ? foundWith(attachment, helpers.get(attachment.vm) ?? [])
      : Effect.succeed<Found>({ attachment, holder: undefined, problems: [] })
  )
})

const foundWith = Effect.fnUntraced(function* (attachment: Attachment, rows: ReadonlyArray<HelperRow>) {
  const ops = yield* Helpers
  const findings = yield* Effect.forEach(rows, (row) =>
    Effect.mapBoth(ops.find(row.key), {
      onFailure: (error) => stepError(attachment.vm, "look for its helpers", error),
      onSuccess: (finding) => ({ ...row, finding })
    })
  )
  const problems = findings.flatMap(({ finding, key }) => problemOf(key, finding))
  const state = problems.length === 0 ? attachment.state : "failed"
  const namespace = findings.find(({ key }) => key.helper === "namespace")
  if (namespace?.finding._tag !== "Running") {
    return { attachment: { ...attachment, state }, holder: undefined, problems } satisfies Found
  }
  const { pid, startTime } = namespace.finding.process
  const isInside = attachment.device.netns === namespace.netns
  const device = isInside ? { ...attachment.device, netns: `/proc/${pid}/ns/net` } : attachment.device
  return { attachment: { ...attachment, state, device }, holder: { pid, startTime }, problems } satisfies Found
})

const problemOf = ({ helper }: HelperKey, finding: HelperFinding): ReadonlyArray<string> => {
  switch (finding._tag) {
    case "Running":
      return []
    case "Ended":
      return [finding.reason]
    case "Absent":
      return [`${helper} is not there any more`]
  }
}

/** One attachment, as it is now. */
export const oneAsFound = (attachment: Attachment) => Effect.map(asFound([attachment]), ([found]) => found!)

/**
 * An attachment whose device is in a helper's namespace, with that namespace as a path. The verb it answers has been
 * done: nothing that goes wrong here may say otherwise, so then it stays as it was recorded.
 */
export const asAnswered = Effect.fnUntraced(function* (attachment: Attachment) {
  const { install } = yield* Ledger
  const owner = formatOwner({ install, subject: attachment.vm, generation: attachment.generation })
  if (attachment.device.netns !== netnsKey({ _tag: "Helper", owner })) return attachment
  const found = Effect.map(oneAsFound(attachment), (now) => now.attachment)
  return yield* Effect.orElseSucceed(found, () => attachment)
})
