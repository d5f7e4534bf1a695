import { Effect } from "effect"
import { resetPorts } from "../allocator/ports.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { findLease, type LeaseRecord } from "../ledger/LeaseRow.ts"
import { Ledger } from "../ledger/Ledger.ts"
import { findOrphan } from "../ledger/OrphanRow.ts"
import { recordLost } from "../rebuild/orphanErrors.ts"
import { deleteSomeResources, type OwnedResource, resourcesOf } from "../ledger/ResourceRow.ts"
import type { Lease } from "../plan/Lease.ts"
import { teardown } from "../plan/teardown.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { checkCapabilities } from "./checkHost.ts"
import { settle } from "./repair/settle.ts"

/** A lease that is up, with its resources: all of them made and confirmed. */
export interface ActiveLease extends LeaseRecord {
  readonly owned: ReadonlyArray<OwnedResource>
}

/**
 * The lease of a VM that is up, for somebody who holds the VM's lock and is about to change its ports. What is left of a
 * publish or a repair that did not come to its end goes first.
 */
export const activeLease = Effect.fnUntraced(function* (drivers: Drivers, vm: string) {
  const ledger = yield* Ledger
  const { record, orphan } = yield* ledger.transact(`look up ${vm}`, (tx) => ({
    record: findLease(tx, vm),
    orphan: findOrphan(tx, vm)
  }))
  if (orphan !== undefined) return yield* recordLost(vm)
  if (record === undefined) return yield* vmNotFound(vm)
  if (record.state !== "active") return yield* notActive(record)
  yield* checkCapabilities(record.request)
  const problems = yield* settle(drivers, vm)
  if (problems.length > 0) return yield* portsNotRemoved(vm, problems)
  yield* removeUnfinished(drivers, record.lease)
  const owned = yield* ledger.transact(`look up objects of ${vm}`, (tx) => resourcesOf(tx, vm))
  return { ...record, owned: owned.filter(({ state }) => state === "present") } satisfies ActiveLease
})

/** Takes back what is not confirmed of a lease that is up, and the ports that it does not publish. */
export const removeUnfinished = Effect.fnUntraced(function* (drivers: Drivers, lease: Lease) {
  const report = yield* takeBackUnfinished(drivers, lease)
  if (report.problems.length > 0) return yield* portsNotRemoved(lease.vm, report.problems)
})

/** The same, and says what became of it: it is kept on record as a whole while anything of it is left. */
export const takeBackUnfinished = Effect.fnUntraced(function* (drivers: Drivers, lease: Lease) {
  const ledger = yield* Ledger
  const { vm } = lease
  const intents = yield* ledger.transact(`look up unfinished ports of ${vm}`, (tx) =>
    resourcesOf(tx, vm).filter(({ state }) => state === "intent")
  )
  const report = yield* teardown(drivers, vm, intents)
  if (intents.length === 0 || report.problems.length > 0) return report
  yield* ledger.transact(`forget unfinished ports of ${vm}`, (tx) => {
    deleteSomeResources(tx, vm, intents)
    resetPorts(tx, vm, lease.publish)
  })
  return report
})

export const portsNotRemoved = (vm: string, problems: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `ports of ${vm} are not taken back: ${problems.join("; ")}`,
    hint: "They are still recorded; run the same command again.",
    details: { vm, problems }
  })

export const vmNotFound = (vm: string): VmnetError =>
  new VmnetError({
    code: "VM_NOT_FOUND",
    detail: `no VM called ${vm}`,
    hint: "See what there is with: vmnet ls",
    details: { vm }
  })

const notActive = ({ lease: { vm }, state }: LeaseRecord): VmnetError =>
  new VmnetError({
    code: "VM_CONFLICT",
    detail: `${vm} is ${state}, not active`,
    hint: `Run vmnet up ${vm} or vmnet down ${vm} to finish.`,
    details: { vm, state }
  })
