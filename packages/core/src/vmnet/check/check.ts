import { Effect } from "effect"
import type { LeaseRecord } from "../../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../../ledger/Ledger.ts"
import { allOrphans, type Orphan } from "../../ledger/OrphanRow.ts"
import { type OwnedResource, resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { netnsPath } from "../../ops/Netns.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { resourceName } from "../../resource/identity.ts"
import type { CheckResult, DriftItem } from "../Vmnet.ts"
import { type Root, rootsOf } from "./carriers.ts"
import { differenceWords } from "./driftWords.ts"
import { inspectAll, isToBeLookedAt } from "./inspectAll.ts"
import { isAtWork, leasesOf, type Recorded, recordedMembers, recordedOf, recordedShare, sharesOf } from "./recorded.ts"

/** A resource with whom it is recorded for. */
type Placed = OwnedResource & { readonly of: Recorded }

/**
 * Compares what is on record with the kernel, object by object, and changes neither. What somebody is at work on is not
 * judged before it is done, and what was taken down while it was looked at was right to go.
 */
export const check = Effect.fn("Vmnet.check")(function* (drivers: Drivers, vms: ReadonlyArray<string>) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const { recorded, unfinished } = yield* ledger.transact("look up what is to be checked", (tx) =>
    lookUp(tx, vms, probe)
  )
  const placed = recorded.flatMap((of) => of.owned.map((owned): Placed => ({ ...owned, of })))
  const found = yield* inspectAll(drivers, "check", placed.filter(isToBeLookedAt), placed)
  const drifted = rootsOf(found).flatMap((root) => itemsOf(root).map((item) => ({ item, owned: root.owned })))
  const still = yield* ledger.transact("look whether it is still so", (tx) => recordedStill(tx, drifted))
  return { drift: [...unfinished, ...still.map(({ item }) => item)] } satisfies CheckResult
})

const lookUp = (tx: Tx, vms: ReadonlyArray<string>, probe: HostProbe["Service"]) => {
  const leases = leasesOf(tx, vms).filter(({ lease: { vm } }) => !isAtWork(tx, `vm ${vm}`, probe))
  const active = leases.filter(({ state }) => state === "active").map(({ lease: { vm } }) => recordedOf(tx, vm))
  const shares = sharesOf(tx, vms).filter((key) => !isAtWork(tx, `share ${key}`, probe))
  const members = vms.length === 0 ? recordedMembers(tx) : []
  const begun = leases.filter((record) => record.state !== "active" && !probe.alive(record.creator))
  return {
    recorded: [...shares.map((key) => recordedShare(tx, key)), ...members, ...active],
    unfinished: [
      ...begun.map(unfinishedLease),
      ...(vms.length === 0 ? allOrphans(tx).map(lostLease) : []),
      ...active.flatMap(unfinishedObjects)
    ]
  }
}

const unfinishedLease = ({ lease: { vm }, state }: LeaseRecord): DriftItem => ({
  vm,
  kind: "Lease",
  name: vm,
  netns: null,
  drift: "unfinished",
  detail: `it is ${state}, and nobody is at work on it: vmnet up ${vm} or vmnet down ${vm} finishes it, vmnet gc all of them`
})

/** What there should be of it nobody knows any more, so nothing of it is compared. */
const lostLease = ({ vm }: Orphan): DriftItem => ({
  vm,
  kind: "Lease",
  name: vm,
  netns: null,
  drift: "unfinished",
  detail: `its record was lost: vmnet down ${vm} takes it down`
})

const unfinishedObjects = (of: Recorded): ReadonlyArray<DriftItem> =>
  of.owned.flatMap((owned) =>
    owned.state === "intent"
      ? [{ ...placeOf({ ...owned, of }), drift: "unfinished", detail: "a publish of it did not come to its end" }]
      : []
  )

const placeOf = ({ of, resource }: Placed) => ({
  vm: of.vm,
  kind: resource.kind,
  name: resourceName(resource),
  netns: netnsPath(resource.netns)
})

const itemsOf = ({ carried, drift, owned }: Root<Placed>): ReadonlyArray<DriftItem> => {
  const place = placeOf(owned)
  const from = owned.of.words === "" ? "" : `${owned.of.words}: `
  if (drift?._tag === "Altered") {
    return drift.differences.map((one) => ({
      ...place,
      drift: "altered",
      detail: `${from}${differenceWords(one)}`,
      expected: one.expected,
      found: one.found
    }))
  }
  const along = carried === 0 ? "" : `; ${carried} object${carried === 1 ? "" : "s"} it carried went with it`
  if (drift?._tag === "Foreign") {
    return [{ ...place, drift: "foreign", detail: `${from}somebody else's object is in its place`, found: drift.by }]
  }
  const remains = drift?.remains === undefined ? "" : ` (${drift.remains})`
  return [{ ...place, drift: "missing", detail: `${from}it is not there${remains}${along}` }]
}

/** Whoever changed the record meanwhile changed the kernel too. */
const recordedStill = <A extends { readonly owned: Placed }>(tx: Tx, drifted: ReadonlyArray<A>): ReadonlyArray<A> => {
  const subjects = new Set(drifted.map(({ owned }) => owned.of.subject))
  const now = new Map([...subjects].map((subject) => [subject, resourcesOf(tx, subject)]))
  return drifted.filter(({ owned }) =>
    now
      .get(owned.of.subject)
      ?.some(({ owner, seq, state }) => seq === owned.seq && owner === owned.owner && state === owned.state)
  )
}
