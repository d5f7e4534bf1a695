import { Effect } from "effect"
import { Ledger } from "../../ledger/Ledger.ts"
import { lockHolder, withLockIfFree } from "../../ledger/Locks.ts"
import { asBegun, resourcesOf } from "../../ledger/ResourceRow.ts"
import { HostProbe } from "../../ops/HostProbe.ts"
import { rehearseTeardown } from "../../plan/teardown.ts"
import { findMember, type Member, unfinishedMembers } from "../../pool/MemberRow.ts"
import type { Drivers } from "../../resource/Drivers.ts"
import { checkHostRights } from "../checkHost.ts"
import { notRetired, retireMember } from "../drain.ts"
import type { GcResult } from "../Vmnet.ts"
import { type Collector, merge, nothing } from "./Collector.ts"
import { inUse, linesOf, notJudged, only, type Subject } from "./GcLine.ts"
import { type GcRun, isOver } from "./GcRun.ts"
import { orStays } from "./orStays.ts"

const subjectOfMember = ({ device }: Member): Subject => ({ vm: null, kind: "Tap", name: device })

/**
 * Devices of pools that whoever made or removed them has not finished. Those that are ready are in use: by their pool.
 * Only who holds the pool's lock makes or removes any, so those found under it are what somebody died over.
 */
export const collectMembers: Collector = Effect.fnUntraced(function* (drivers, run) {
  const ledger = yield* Ledger
  const unfinished = yield* ledger.transact("find unfinished members", (tx) => unfinishedMembers(tx))
  const results: Array<GcResult> = []
  for (const member of unfinished) {
    const late = yield* isOver(run)
    results.push(late ? only(notJudged(subjectOfMember(member))) : yield* collect(drivers, run, member))
  }
  return merge(results)
})

const collect = (drivers: Drivers, run: GcRun, member: Member) => {
  const lock = `pool ${member.network}`
  const busy = (pid: number | undefined) =>
    Effect.succeed(only(inUse(subjectOfMember(member), `process ${pid ?? "?"} is at work on the pool`)))
  if (!run.dryRun) return withLockIfFree(lock)(remove(drivers, run, member), busy)
  return Effect.gen(function* () {
    const ledger = yield* Ledger
    const probe = yield* HostProbe
    const holder = yield* ledger.transact(`look at lock ${lock}`, (tx) => lockHolder(tx, lock, probe))
    return yield* holder === undefined ? rehearse(drivers, run, member) : busy(holder)
  })
}

const why = ({ network, state }: Member): string =>
  state === "making" ? `the pool of ${network} never got it ready` : `the pool of ${network} was giving it up`

const rehearse = Effect.fnUntraced(function* (drivers: Drivers, run: GcRun, member: Member) {
  const ledger = yield* Ledger
  const { subject } = member
  const owned = yield* ledger.transact(`look up ${subject}`, (tx) => resourcesOf(tx, subject))
  const report = yield* rehearseTeardown(drivers, subject, owned.map(asBegun))
  if (report.left.length === 0) run.doomed.add(subject)
  return only(...linesOf(run, null, report, why(member)))
})

const remove = (drivers: Drivers, run: GcRun, seen: Member) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    yield* checkHostRights
    const member = yield* ledger.transact(`look up ${seen.subject}`, (tx) => findMember(tx, seen.subject))
    if (member === undefined || (member.state !== "making" && member.state !== "retiring")) return nothing
    const report = yield* retireMember(drivers, member, member.state)
    if (report === undefined) return nothing
    if (report.left.length === 0) run.doomed.add(member.subject)
    return {
      actions: linesOf(run, null, report, why(member)),
      problems: report.left.length === 0 ? [] : [notRetired(member, report.problems)]
    } satisfies GcResult
  }).pipe(orStays(subjectOfMember(seen)))
