import { Effect } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { allLeases, findLease, type LeaseRecord } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { resourcesOf } from "../ledger/ResourceRow.ts"
import { shareSubject, unheldShares } from "../ledger/ShareRow.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { removeUnheldShares } from "../plan/Shares.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { resourceKey, resourceName } from "../resource/identity.ts"
import type { Resource } from "../resource/Resource.ts"
import type { Release } from "../pool/giveBack.ts"
import { unfinishedMembers } from "../pool/MemberRow.ts"
import { detach } from "./down.ts"
import { removeUnfinished } from "./drain.ts"
import type { GcAction, GcResult } from "./Vmnet.ts"

export interface GcOptions {
  readonly dryRun: boolean
}

/** Takes back what belongs to nobody any more, and says of everything else why it stays. */
export const gc = Effect.fn("Vmnet.gc")(function* (drivers: Drivers, { dryRun }: GcOptions) {
  const ledger = yield* Ledger
  const names = yield* ledger.transact("list", (tx) => allLeases(tx).map(({ lease }) => lease.vm))
  const results: Array<GcResult> = []
  for (const vm of names) results.push(yield* collect(drivers, vm, dryRun))
  results.push(yield* collectMembers(drivers, dryRun))
  results.push(yield* collectShares(drivers, dryRun))
  return {
    actions: results.flatMap(({ actions }) => actions),
    problems: results.flatMap(({ problems }) => problems)
  } satisfies GcResult
})

interface Verdict {
  readonly gone: boolean
  readonly reason: string
}

/** Only what is provably nobody's: everything that cannot be proven stays. */
const judge = (record: LeaseRecord, probe: HostProbe["Service"]): Verdict => {
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

const nothing: GcResult = { actions: [], problems: [] }

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

/** Whoever holds a VM's lock may do so for a while: its VM is in use, and nobody waits for it. */
const lockHolder = (tx: Tx, lock: string, probe: HostProbe["Service"]): number | undefined => {
  const row = tx.get<{ pid: number; start: string; boot: string }>(
    "SELECT pid, start, boot FROM locks WHERE key = ?",
    lock
  )
  const alive = row !== undefined && probe.alive({ pid: row.pid, startTime: row.start, bootId: row.boot })
  return alive ? row.pid : undefined
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

/** Devices of pools that whoever made or removed them has not finished. Those that are ready are in use: by their pool. */
const collectMembers = Effect.fnUntraced(function* (drivers: Drivers, dryRun: boolean) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const unfinished = yield* ledger.transact("find unfinished members", (tx) =>
    unfinishedMembers(tx)
      .filter(({ network }) => lockHolder(tx, `pool ${network}`, probe) === undefined)
      .map(({ network, subject }) => ({ network, resources: resourcesOf(tx, subject) }))
  )
  const actions = unfinished.flatMap(({ network, resources }) =>
    resources.map(({ resource }): GcAction => ({
      action: dryRun ? "would-delete" : "deleted",
      reason: `owned: the pool of ${network} never got it ready`,
      vm: null,
      kind: resource.kind,
      name: resourceName(resource)
    }))
  )
  if (dryRun) return { actions, problems: [] } satisfies GcResult
  const problems: Array<VmnetError> = []
  for (const network of new Set(unfinished.map(({ network }) => network))) {
    yield* withLock(`pool ${network}`)(removeUnfinished(drivers, network)).pipe(
      Effect.catch((error) => Effect.sync(() => void problems.push(error)))
    )
  }
  return { actions: problems.length === 0 ? actions : [], problems } satisfies GcResult
})

/** What several VMs had used together and none does any more. */
const collectShares = Effect.fnUntraced(function* (drivers: Drivers, dryRun: boolean) {
  const ledger = yield* Ledger
  const shares = yield* ledger.transact("find unused shares", (tx) =>
    unheldShares(tx).map((key) => ({ key, resources: resourcesOf(tx, shareSubject(key)) }))
  )
  const actions = shares.flatMap(({ key, resources }) =>
    resources.map(({ resource }): GcAction => ({
      action: dryRun ? "would-delete" : "deleted",
      reason: `owned: no VM uses ${key} any more`,
      vm: null,
      kind: resource.kind,
      name: resourceName(resource)
    }))
  )
  if (dryRun || shares.length === 0) return { actions, problems: [] } satisfies GcResult
  const problems = yield* removeUnheldShares(drivers)
  return problems.length === 0
    ? ({ actions, problems: [] } satisfies GcResult)
    : ({ actions: [], problems: [sharesStay(problems)] } satisfies GcResult)
})

const sharesStay = (problems: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `not all is gone that nobody uses: ${problems.join("; ")}`,
    hint: "What is left is still recorded; run vmnet gc again.",
    details: { problems }
  })
