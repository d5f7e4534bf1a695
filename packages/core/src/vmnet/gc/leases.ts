import { Effect } from "effect"
import { allLeases, findLease } from "../../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../../ledger/Ledger.ts"
import { withLock } from "../../ledger/Locks.ts"
import { resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import type { Release } from "../../pool/giveBack.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { resourceKey, resourceName } from "../../resource/identity.ts"
import type { Resource } from "../../resource/Resource.ts"
import { detach } from "../down.ts"
import type { GcAction, GcResult } from "../Vmnet.ts"
import { type Collector, merge, nothing } from "./Collector.ts"
import { judge } from "./judge.ts"
import { lockHolder } from "./lockHolder.ts"

/** The VMs on record, one after the other. */
export const collectLeases: Collector = Effect.fnUntraced(function* (drivers, { dryRun }) {
  const ledger = yield* Ledger
  const names = yield* ledger.transact("list", (tx) => allLeases(tx).map(({ lease }) => lease.vm))
  const results: Array<GcResult> = []
  for (const vm of names) results.push(yield* collect(drivers, vm, dryRun))
  return merge(results)
})

const skipped = (vm: string, reason: string): GcResult => ({
  actions: [{ action: "skipped", reason, vm, kind: "Lease", name: vm }],
  problems: []
})

const lookUp = (tx: Tx, vm: string) => ({
  record: findLease(tx, vm),
  resources: resourcesOf(tx, vm).map(({ resource }) => resource)
})

/** Judged under the VM's lock, so that nobody is at work on it while it goes. */
const collect = (drivers: Drivers, vm: string, dryRun: boolean) => {
  const work = Effect.gen(function* () {
    const ledger = yield* Ledger
    const probe = yield* HostProbe
    const { record, resources } = yield* ledger.transact(`look up ${vm}`, (tx) => lookUp(tx, vm))
    if (record === undefined) return nothing
    const { gone, reason } = judge(record, probe)
    if (!gone) return skipped(vm, reason)
    if (dryRun) return { actions: actionsOf(vm, resources, "would-delete", reason), problems: [] } satisfies GcResult
    return yield* Effect.match(detach(drivers, record), {
      onSuccess: (release): GcResult => ({ actions: actionsDone(vm, resources, release, reason), problems: [] }),
      onFailure: (error): GcResult => ({ ...skipped(vm, error.message), problems: [error] })
    })
  })
  return Effect.gen(function* () {
    const ledger = yield* Ledger
    const probe = yield* HostProbe
    const holder = yield* ledger.transact(`look up the lock of ${vm}`, (tx) => lockHolder(tx, `vm ${vm}`, probe))
    if (holder !== undefined) return skipped(vm, `in use: process ${holder} is at work on it`)
    return yield* withLock(`vm ${vm}`)(work)
  })
}

const actionsOf = (
  vm: string,
  resources: ReadonlyArray<Resource>,
  action: "would-delete" | "deleted",
  reason: string
): ReadonlyArray<GcAction> => {
  const line = (kind: string, name: string): GcAction => ({ action, reason: `owned: ${reason}`, vm, kind, name })
  return [...resources.map((resource) => line(resource.kind, resourceName(resource))), line("Lease", vm)]
}

/** What turned out to be somebody else's was left alone, and what is of a pool went back there. */
const actionsDone = (
  vm: string,
  resources: ReadonlyArray<Resource>,
  { device, report }: Release,
  reason: string
): ReadonlyArray<GcAction> => {
  const spared = new Map([
    ...device.map(({ resource }) => [resourceKey(resource), "in use: its pool has it back"] as const),
    ...report.foreign.map(({ resource }) => [resourceKey(resource), "not owned: it does not carry our tag"] as const)
  ])
  const line = (resource: Resource): GcAction => {
    const why = spared.get(resourceKey(resource))
    const done =
      why === undefined
        ? ({ action: "deleted", reason: `owned: ${reason}` } as const)
        : ({ action: "skipped", reason: why } as const)
    return { ...done, vm, kind: resource.kind, name: resourceName(resource) }
  }
  return [...resources.map(line), ...actionsOf(vm, [], "deleted", reason)]
}
