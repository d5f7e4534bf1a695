import { findLease, allLeases, type LeaseRecord } from "../../ledger/LeaseRow.ts"
import type { Tx } from "../../ledger/Ledger.ts"
import { lockHolder } from "../../ledger/Locks.ts"
import { findOrphan } from "../../ledger/OrphanRow.ts"
import { type OwnedResource, resourcesOf } from "../../ledger/ResourceRow.ts"
import { shareSubject } from "../../ledger/ShareRow.ts"
import type { HostProbe } from "../../ops/HostProbe.ts"
import { membersOf, networksWithMembers } from "../../pool/MemberRow.ts"
import { recordLost } from "../../rebuild/orphanErrors.ts"
import { vmNotFound } from "../activeLease.ts"

/** Resources on record, and whose they are: a VM's, or in words what several VMs have them from. */
export interface Recorded {
  readonly subject: string
  readonly vm: string | null
  readonly words: string
  readonly owned: ReadonlyArray<OwnedResource>
}

/** The leases that are meant: of these VMs, or all. */
export const leasesOf = (tx: Tx, vms: ReadonlyArray<string>): ReadonlyArray<LeaseRecord> => {
  if (vms.length === 0) return allLeases(tx)
  return vms.map((vm) => {
    const record = findLease(tx, vm)
    if (record === undefined && findOrphan(tx, vm) !== undefined) throw recordLost(vm)
    if (record === undefined) throw vmNotFound(vm)
    return record
  })
}

/** What a VM has of its own. */
export const recordedOf = (tx: Tx, vm: string): Recorded => ({ subject: vm, vm, words: "", owned: resourcesOf(tx, vm) })

/** The shares of these VMs, those first that others rely on; of all of them, those that pools hold too. */
export const sharesOf = (tx: Tx, vms: ReadonlyArray<string>): ReadonlyArray<string> => {
  const shares = tx.all<{ key: string; vm: string }>(
    "SELECT s.key, h.vm FROM shares s JOIN holds h ON h.share = s.key WHERE s.state = 'present' ORDER BY s.rank, s.key"
  )
  const wanted = new Set(vms)
  return [...new Set(shares.flatMap(({ key, vm }) => (vms.length === 0 || wanted.has(vm) ? [key] : [])))]
}

/** Every VM that has any of these shares. */
export const holdersOf = (tx: Tx, shares: ReadonlySet<string>): ReadonlyArray<LeaseRecord> =>
  allLeases(tx).filter(({ lease: { vm } }) => sharesOf(tx, [vm]).some((key) => shares.has(key)))

export const recordedShare = (tx: Tx, key: string): Recorded => ({
  subject: shareSubject(key),
  vm: null,
  words: `share ${key}`,
  owned: resourcesOf(tx, shareSubject(key))
})

/** What waits in pools for the next VM. */
export const recordedMembers = (tx: Tx): ReadonlyArray<Recorded> =>
  networksWithMembers(tx).flatMap((network) =>
    membersOf(tx, network, { state: "ready" }).map(({ subject }) => ({
      subject,
      vm: null,
      words: `pool of ${network}`,
      owned: resourcesOf(tx, subject)
    }))
  )

/** Whether a process is at work under this lock. */
export const isAtWork = (tx: Tx, lock: string, probe: HostProbe["Service"]): boolean =>
  lockHolder(tx, lock, probe) !== undefined
