import { Effect } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { asBegun, keepResources, type OwnedResource, resourcesOf } from "../ledger/ResourceRow.ts"
import { removeUnheldShares } from "../plan/Shares.ts"
import { teardown } from "../plan/teardown.ts"
import { inspectMember } from "../pool/inspectMember.ts"
import { deleteMember, findMember, type Member, membersOf, setMemberState } from "../pool/MemberRow.ts"
import { ownerOfMember } from "../pool/reserveMember.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { checkHostRights } from "./checkHost.ts"

/** Removes what a pool has ready, and what is left of members that were never finished. */
export const drain = Effect.fnUntraced(function* (drivers: Drivers, network: string) {
  const ledger = yield* Ledger
  yield* checkHostRights
  const work = Effect.gen(function* () {
    yield* removeUnfinished(drivers, network)
    const ready = yield* ledger.transact(`look at the pool of ${network}`, (tx) =>
      membersOf(tx, network, { state: "ready" })
    )
    yield* Effect.forEach(ready, refuseHeld, { discard: true })
    for (const member of ready) yield* retire(drivers, member, "ready")
  })
  yield* withLock(`pool ${network}`)(work)
  yield* removeUnheldShares(drivers)
})

/** Only who holds the pool's lock makes or retires members: those found at it are what somebody died over. */
export const removeUnfinished = Effect.fnUntraced(function* (drivers: Drivers, network: string) {
  const ledger = yield* Ledger
  const left = yield* ledger.transact(`look at the pool of ${network}`, (tx) => [
    ...membersOf(tx, network, { state: "making" }),
    ...membersOf(tx, network, { state: "retiring" })
  ])
  for (const member of left) yield* retire(drivers, member, member.state)
})

/** Removes what is ready but not of the class that is wanted now; what somebody has open stays until he closes it. */
export const retireOthers = Effect.fnUntraced(function* (drivers: Drivers, network: string, wanted: string) {
  const ledger = yield* Ledger
  const others = yield* ledger.transact(`look at the pool of ${network}`, (tx) =>
    membersOf(tx, network, { state: "ready" }).filter((member) => member.class !== wanted)
  )
  for (const member of others) {
    if ((yield* conditionOf(member)) !== "held") yield* retire(drivers, member, "ready")
  }
  if (others.length > 0) yield* removeUnheldShares(drivers)
})

const conditionOf = Effect.fnUntraced(function* ({ subject }: Member) {
  const ledger = yield* Ledger
  const owned = yield* ledger.transact(`look up ${subject}`, (tx) => resourcesOf(tx, subject))
  const member = owned.map(({ resource }) => resource)
  return yield* inspectMember(member, ownerOfMember(ledger.install, subject))
})

/** A TAP that somebody has open is not deleted under him: who he is is told, and it stays recorded. */
const refuseHeld = Effect.fnUntraced(function* (member: Member) {
  const { network, device } = member
  if ((yield* conditionOf(member)) !== "held") return
  return yield* new VmnetError({
    code: "NETWORK_IN_USE",
    detail: `network ${network}: ${device}, ready in its pool, is held open by a process`,
    hint: `See which one with: grep -l ${device} /proc/*/fdinfo/*`,
    details: { network, device }
  })
})

/**
 * Removes a member that is still in the state it was seen in: all that is on record of it, or what is known to have been
 * made.
 */
export const retire = (drivers: Drivers, member: Member, seen: Member["state"], made?: ReadonlySet<OwnedResource>) =>
  Effect.gen(function* () {
    const report = yield* retireMember(drivers, member, seen, made)
    if (report !== undefined && report.left.length > 0) return yield* notRetired(member, report.problems)
  }).pipe(Effect.uninterruptible)

/** The same, and says what became of it; nothing where it is in another state by now. What is left stays recorded. */
export const retireMember = (
  drivers: Drivers,
  { subject }: Member,
  seen: Member["state"],
  made?: ReadonlySet<OwnedResource>
) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger
    const owned = yield* (
      ledger
        .transact(`retire ${subject}`, (tx) => startRetiring(tx, subject, seen))
        // What was made is known without the ledger, and goes.
        .pipe(Effect.onError(() => teardown(drivers, subject, [...(made ?? [])])))
    )
    if (owned === undefined) return undefined
    const report = yield* teardown(drivers, subject, made === undefined ? owned : [...made])
    yield* ledger.transact(`forget ${subject}`, (tx) => {
      keepResources(tx, subject, report.left)
      if (report.left.length === 0) deleteMember(tx, subject)
    })
    return report
  }).pipe(Effect.uninterruptible)

export const notRetired = ({ network }: Member, problems: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "STEP_FAILED",
    detail: `the pool of ${network} is not all gone: ${problems.join("; ")}`,
    hint: `What is left is still recorded; run vmnet network rm ${network} again.`,
    details: { network, problems }
  })

const startRetiring = (tx: Tx, subject: string, seen: Member["state"]): ReadonlyArray<OwnedResource> | undefined => {
  if (findMember(tx, subject)?.state !== seen) return undefined
  setMemberState(tx, subject, "retiring")
  const owned = resourcesOf(tx, subject)
  return seen === "ready" ? owned : owned.map(asBegun)
}
