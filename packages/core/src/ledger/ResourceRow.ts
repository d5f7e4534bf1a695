import { VmnetError } from "../errors/VmnetError.ts"
import { formatOwner, type Owner } from "../names/Owner.ts"
import type { Resource } from "../resource/Resource.ts"
import { describeResource, resourceKey } from "../resource/identity.ts"
import type { Tx } from "./Ledger.ts"
import { word } from "./word.ts"

/**
 * `intent`: about to be made, may or may not be there. `present`: made and confirmed. `repairing`: was made and confirmed,
 * went missing, and is about to be made again; what is half made in its place is ours.
 */
export type ResourceState = (typeof states)[number]
const states = ["intent", "present", "repairing"] as const

/** A resource with what proves and undoes it: its owner tag, and what was found before it was changed. */
export interface OwnedResource {
  readonly seq: number
  readonly resource: Resource
  readonly owner: string
  readonly state: ResourceState
  readonly memo?: unknown
  /** An earlier attempt to remove it may have done a part of it. */
  readonly begun?: boolean
}

export const asBegun = (owned: OwnedResource): OwnedResource => ({ ...owned, begun: true })

interface Row {
  readonly seq: number
  readonly resource: string
  readonly owner: string
  readonly state: ResourceState
  readonly memo: string | null
}

const decode = (row: Row): OwnedResource => ({
  seq: row.seq,
  resource: JSON.parse(row.resource),
  owner: row.owner,
  state: word(states, row.state),
  ...(row.memo === null ? {} : { memo: JSON.parse(row.memo) })
})

/** The subject's resources in creation order. A subject is a VM name or `@` and a share key. */
export const resourcesOf = (tx: Tx, subject: string): ReadonlyArray<OwnedResource> =>
  tx
    .all<Row>("SELECT seq, resource, owner, state, memo FROM resources WHERE subject = ? ORDER BY seq", subject)
    .map(decode)

export interface NewResource {
  readonly resource: Resource
  readonly memo?: unknown
}

/** Records the intent to make a resource before all that the subject has; `undefined` where it is somebody's already. */
export const insertFirstIntent = (
  tx: Tx,
  subject: string,
  owner: string,
  resource: Resource
): OwnedResource | undefined => {
  const first = tx.get<{ seq: number | null }>("SELECT MIN(seq) AS seq FROM resources WHERE subject = ?", subject)?.seq
  const seq = (first ?? 0) - 1
  const inserted = tx.get(
    `INSERT INTO resources (subject, seq, key, owner, state, resource) VALUES (?, ?, ?, ?, 'intent', ?)
     ON CONFLICT (key) DO NOTHING RETURNING seq`,
    subject,
    seq,
    resourceKey(resource),
    owner,
    JSON.stringify(resource)
  )
  return inserted === undefined ? undefined : { seq, resource, owner, state: "intent" }
}

/** Records the intent to make resources, behind those the subject has, and gives them back as owned. */
export const insertIntents = (
  tx: Tx,
  subject: string,
  owner: string,
  resources: ReadonlyArray<NewResource>
): ReadonlyArray<OwnedResource> =>
  insertOwnedIntents(
    tx,
    subject,
    resources.map((one) => ({ ...one, owner }))
  )

/** The same for resources that have owners of their own. */
export const insertOwnedIntents = (
  tx: Tx,
  subject: string,
  resources: ReadonlyArray<NewResource & { readonly owner: string }>
): ReadonlyArray<OwnedResource> => {
  const last = tx.get<{ seq: number | null }>("SELECT MAX(seq) AS seq FROM resources WHERE subject = ?", subject)?.seq
  return resources.map(({ memo, owner, resource }, index) => {
    const seq = (last ?? -1) + 1 + index
    const key = resourceKey(resource)
    const holder = tx.get<{ subject: string }>("SELECT subject FROM resources WHERE key = ?", key)?.subject
    if (holder !== undefined) throw heldBy(holder, subject, resource)
    tx.run(
      "INSERT INTO resources (subject, seq, key, owner, state, resource, memo) VALUES (?, ?, ?, ?, 'intent', ?, ?)",
      subject,
      seq,
      key,
      owner,
      JSON.stringify(resource),
      memo === undefined ? null : JSON.stringify(memo)
    )
    return { seq, resource, owner, state: "intent", ...(memo === undefined ? {} : { memo }) }
  })
}

/** Whether anybody else has a resource whose key begins like that. */
export const hasAny = (tx: Tx, keyStart: string, without: string): boolean =>
  tx.get(
    "SELECT 1 FROM resources WHERE key >= ?1 AND substr(key, 1, length(?1)) = ?1 AND subject <> ?2 LIMIT 1",
    keyStart,
    without
  ) !== undefined

/** What was found of a subject that nothing is on record of; what somebody has on record already is his. */
export const insertFound = (
  tx: Tx,
  subject: string,
  found: ReadonlyArray<NewResource & { readonly owner: Owner }>
): void => {
  for (const [seq, { memo, owner, resource }] of found.entries()) {
    tx.run(
      "INSERT OR IGNORE INTO resources (subject, seq, key, owner, state, resource, memo) VALUES (?, ?, ?, ?, 'present', ?, ?)",
      subject,
      seq,
      resourceKey(resource),
      formatOwner(owner),
      JSON.stringify(resource),
      memo === undefined ? null : JSON.stringify(memo)
    )
  }
}

export const markPresent = (tx: Tx, subject: string): void =>
  tx.run("UPDATE resources SET state = 'present' WHERE subject = ? AND state = 'intent'", subject)

/** One namespace has one `eth0`, and one lease at a time has it. */
const heldBy = (holder: string, subject: string, resource: Resource): VmnetError =>
  new VmnetError({
    code: "NAME_TAKEN",
    detail: `${subject}: ${holder} has the ${describeResource(resource)} already`,
    hint: `Take ${holder} down first, or use another namespace.`,
    details: { subject, kind: resource.kind, holder }
  })

/** Sets the state of single resources that were made and confirmed once. */
export const markResources = (
  tx: Tx,
  subject: string,
  resources: ReadonlyArray<OwnedResource>,
  state: "present" | "repairing"
): void => {
  for (const { seq } of resources) {
    tx.run("UPDATE resources SET state = ? WHERE subject = ? AND seq = ? AND state <> 'intent'", state, subject, seq)
  }
}

/** Takes a confirmation back for all resources behind a place. */
export const markIntentBehind = (tx: Tx, subject: string, seq: number): void =>
  tx.run("UPDATE resources SET state = 'intent' WHERE subject = ? AND seq > ?", subject, seq)

/** Takes a confirmation back for single resources: their removal begins. */
export const markIntents = (tx: Tx, subject: string, resources: ReadonlyArray<OwnedResource>): void => {
  for (const { seq } of resources) {
    tx.run("UPDATE resources SET state = 'intent' WHERE subject = ? AND seq = ?", subject, seq)
  }
}

export const deleteResources = (tx: Tx, subject: string): void =>
  tx.run("DELETE FROM resources WHERE subject = ?", subject)

/** Forgets the resources of a subject but for these. */
export const keepResources = (tx: Tx, subject: string, kept: ReadonlyArray<OwnedResource>): void => {
  const seqs = new Set(kept.map(({ seq }) => seq))
  const gone = resourcesOf(tx, subject).filter(({ seq }) => !seqs.has(seq))
  deleteSomeResources(tx, subject, gone)
}

/** Forgets single resources of a subject that keeps others. */
export const deleteSomeResources = (tx: Tx, subject: string, resources: ReadonlyArray<OwnedResource>): void => {
  for (const { seq } of resources) tx.run("DELETE FROM resources WHERE subject = ? AND seq = ?", subject, seq)
}
