import { Effect } from "effect"
import { findLease, type LeaseRecord } from "../../ledger/LeaseRow.ts"
import { Ledger } from "../../ledger/Ledger.ts"
import { withLock } from "../../ledger/Locks.ts"
import { allOrphans } from "../../ledger/OrphanRow.ts"
import { resourcesOf } from "../../ledger/ResourceRow.ts"
import { shareState, shareSubject } from "../../ledger/ShareRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { resourceName } from "../../resource/identity.ts"
import { removeUnfinished } from "../activeLease.ts"
import { check } from "../check/check.ts"
import { inspectAll, isToBeLookedAt } from "../check/inspectAll.ts"
import { holdersOf, leasesOf, sharesOf } from "../check/recorded.ts"
import { checkCapabilities, checkHostRights } from "../checkHost.ts"
import type { RepairAction, RepairResult } from "../Vmnet.ts"
import { repairSubject } from "./repairSubject.ts"

/**
 * Puts back what is not as planned, of these VMs and of what they share, or of all: shares first, each under its lock,
 * then the VMs, each under its own, and with them those whose bridge had to be made again. What cannot be put back is said, and never more is done than `check` would tell of.
 */
export const repair = Effect.fn("Vmnet.repair")(function* (drivers: Drivers, vms: ReadonlyArray<string>) {
  const ledger = yield* Ledger
  const { leases, shares } = yield* ledger.transact("look up what is to be repaired", (tx) => {
    const leases = leasesOf(tx, vms)
    return { leases, shares: sharesOf(tx, vms) }
  })
  yield* requireRights(leases, shares)
  const actions: Array<RepairAction> = []
  const [broken, remade] = [new Set<string>(), new Set<string>()]
  for (const key of shares) {
    const done = yield* withLock(`share ${key}`)(repairShare(drivers, key))
    if (done.some(({ action }) => action === "left")) broken.add(key)
    if (done.some(isNewBridge)) remade.add(key)
    actions.push(...done)
  }
  const unplugged = yield* ledger.transact("look up who is on what was made again", (tx) => holdersOf(tx, remade))
  const named = new Set([...leases, ...unplugged].map(({ lease }) => lease.vm))
  for (const vm of named) {
    actions.push(...(yield* withLock(`vm ${vm}`)(repairVm(drivers, vm, broken))))
  }
  if (vms.length === 0) actions.push(...(yield* othersLeft(drivers)))
  return { actions } satisfies RepairResult
})

/** Whoever had a port on the former one has lost it, asked for or not. */
const isNewBridge = ({ action, kind }: RepairAction): boolean => action === "restored" && kind === "Bridge"

/** Whoever needs the share next makes it again if it is not there by now. */
const repairShare = Effect.fnUntraced(function* (drivers: Drivers, key: string) {
  const ledger = yield* Ledger
  const state = yield* ledger.transact(`look up ${key}`, (tx) => shareState(tx, key))
  if (state !== "present") return []
  const of = { subject: shareSubject(key), vm: null, words: `share ${key}`, owner: undefined, blocked: undefined }
  return yield* repairSubject(drivers, of)
})

/** Whoever may not repair it all is told so before anything is changed. What several VMs share is the host's. */
const requireRights = Effect.fnUntraced(function* (leases: ReadonlyArray<LeaseRecord>, shares: ReadonlyArray<string>) {
  if (shares.length > 0) yield* checkHostRights
  yield* Effect.forEach(leases, ({ request }) => checkCapabilities(request), { discard: true })
})

const repairVm = Effect.fnUntraced(function* (drivers: Drivers, vm: string, broken: ReadonlySet<string>) {
  const ledger = yield* Ledger
  const { held, intents, record } = yield* ledger.transact(`look up ${vm}`, (tx) => ({
    record: findLease(tx, vm),
    held: sharesOf(tx, [vm]),
    intents: resourcesOf(tx, vm).filter(({ state }) => state === "intent")
  }))
  if (record === undefined) return []
  if (record.state !== "active") return [notActive(record)]
  const { owner } = record.request
  if (owner !== undefined && !(yield* HostProbe).alive(owner)) return yield* ownerEnded(drivers, vm)
  const shares = held.filter((key) => broken.has(key)).map((key) => `share ${key}`)
  const actions = yield* repairSubject(drivers, {
    subject: vm,
    vm,
    words: "",
    owner: record.request.owner,
    blocked: shares.length === 0 ? undefined : shares.join(", ")
  })
  yield* removeUnfinished(drivers, record.lease)
  return [
    ...actions,
    ...intents.map(({ resource }): RepairAction => ({
      action: "restored",
      reason: "a publish of it did not come to its end, and was taken back",
      vm,
      kind: resource.kind,
      name: resourceName(resource)
    }))
  ]
})

/** It is not put back for nobody. Where all of it is as planned there is nothing to say here. */
const ownerEnded = Effect.fnUntraced(function* (drivers: Drivers, vm: string) {
  const ledger = yield* Ledger
  const owned = yield* ledger.transact(`look up ${vm}`, (tx) => resourcesOf(tx, vm))
  const found = yield* inspectAll(drivers, vm, owned.filter(isToBeLookedAt), owned)
  const isWhole = found.every(({ drift }) => drift === null)
  return isWhole ? [] : [leftLease(vm, "its owner has ended: vmnet gc takes it down")]
})

const leftLease = (vm: string, reason: string): RepairAction => ({
  action: "left",
  reason,
  vm,
  kind: "Lease",
  name: vm
})

const notActive = ({ lease: { vm }, state }: LeaseRecord): RepairAction =>
  leftLease(vm, `it is ${state}: vmnet up ${vm} or vmnet down ${vm} finishes it`)

/**
 * Devices that wait in pools serve nobody yet: who asks for one passes over those that are not as they were made. Of a VM
 * whose record was lost nobody knows what to put back.
 */
const othersLeft = Effect.fnUntraced(function* (drivers: Drivers) {
  const { drift } = yield* check(drivers, [])
  const ledger = yield* Ledger
  const orphans = yield* ledger.transact("look for orphans", allOrphans)
  const members = drift.flatMap(({ detail, kind, name, vm }): ReadonlyArray<RepairAction> =>
    vm === null && detail.startsWith("pool of ")
      ? [{ action: "left", reason: `${detail}; the next VM to get it gets another one instead`, vm, kind, name }]
      : []
  )
  return [...members, ...orphans.map(({ vm }) => leftLease(vm, `its record was lost: vmnet down ${vm} takes it down`))]
})
