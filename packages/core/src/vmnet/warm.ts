import { Effect } from "effect"
import { reserveNetwork } from "../allocator/network.ts"
import { Backends } from "../backend/Backends.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { insertIntents, markPresent, type OwnedResource } from "../ledger/ResourceRow.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { applyResources, type Touched } from "../plan/apply.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"
import type { Share } from "../plan/Plan.ts"
import { ensureShare, removeUnheldShares } from "../plan/Shares.ts"
import { type Member, setMemberState, tallyMembers } from "../pool/MemberRow.ts"
import type { Pooling, PoolSizes } from "../pool/Pooling.ts"
import { classOf, hasRoom, type MemberOptions, ownerOfMember, reserveMember } from "../pool/reserveMember.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { checkBridge } from "./checkBridge.ts"
import { checkHostRights } from "./checkHost.ts"
import { removeUnfinished, retire, retireOthers } from "./drain.ts"
import { networkFacts } from "./hostFacts.ts"
import { retrying } from "./prepare.ts"
import { Progress } from "./Progress.ts"
import type { WarmResult } from "./Vmnet.ts"

interface Warming {
  readonly spec: NetworkSpec
  readonly pooling: Pooling
  readonly sizes: PoolSizes
  readonly avoid: Set<string>
}

/**
 * Makes members, one after the other, until as many are ready as should be or the pool has all it may have. Those that
 * were made with other settings are of no use to anyone any more, and go.
 */
export const warm = Effect.fn("Vmnet.warm")(function* (drivers: Drivers, spec: NetworkSpec) {
  const warming = yield* warmingOf(spec)
  yield* checkHostRights
  const work = Effect.gen(function* () {
    yield* removeUnfinished(drivers, spec.network)
    let made = 0
    for (;;) {
      const full = yield* addMember(drivers, warming)
      if (full !== undefined) {
        yield* retireOthers(drivers, spec.network, full.class)
        const { leased, ready } = full
        return { network: spec.network, made, ready, leased } satisfies WarmResult
      }
      made++
    }
  })
  return yield* withLock(`pool ${spec.network}`)(work)
})

const warmingOf = Effect.fnUntraced(function* (spec: NetworkSpec) {
  const pooling = (yield* Backends).get(spec.backend)?.pooling
  const sizes = pooling?.sizes(spec)
  if (pooling !== undefined && sizes !== undefined) return { spec, pooling, sizes, avoid: new Set() } satisfies Warming
  const hint =
    pooling === undefined
      ? `Networks of the ${spec.backend} backend have none.`
      : `Set networks.${spec.network}.pool: { warm: 8 } in the configuration.`
  const details = { network: spec.network }
  return yield* new VmnetError({ code: "BAD_INPUT", detail: `network ${spec.network} has no pool`, hint, details })
})

/** A name that turns out to be taken by somebody else's device is exchanged for another. */
const addMember = Effect.fnUntraced(function* (drivers: Drivers, warming: Warming) {
  const isTaken = ({ code, details }: VmnetError): boolean => {
    const name = details?.["name"]
    if (code !== "NAME_TAKEN" || typeof name !== "string" || !InterfaceName.matches(name)) return false
    return !warming.avoid.has(name) && warming.avoid.add(name) !== undefined
  }
  return yield* retrying(isTaken)(Effect.suspend(() => attempt(drivers, warming)))
})

/** Makes one member, or gives what the pool has when that is all it should have. */
const attempt = Effect.fnUntraced(function* (drivers: Drivers, warming: Warming) {
  const ledger = yield* Ledger
  const report = yield* Progress
  const { network } = warming.spec
  yield* checkBridge({ vm: network, network: warming.spec })
  const facts = yield* networkFacts(network, warming.spec)
  yield* report({ vm: network, step: "reserve" })
  return yield* Effect.uninterruptibleMask((restore) =>
    ledger
      .transact(`reserve for the pool of ${network}`, (tx) => reserve(tx, ledger.install, warming, facts))
      .pipe(
        Effect.flatMap((reserved) =>
          reserved._tag === "Full" ? Effect.succeed(reserved) : make(drivers, reserved, restore)
        )
      )
  )
})

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

const make = Effect.fnUntraced(function* (drivers: Drivers, { member, owned, shares }: Making, restore: Restore) {
  const ledger = yield* Ledger
  const touched: Touched = new Set()
  const making = Effect.gen(function* () {
    yield* Effect.forEach(shares, (share, rank) => ensureShare(drivers, share, rank), { discard: true })
    yield* applyResources(drivers, member.subject, owned, touched)
  })
  yield* restore(making).pipe(
    Effect.andThen(ledger.transact(`confirm ${member.subject}`, (tx) => confirm(tx, member))),
    Effect.onError(() => undo(drivers, member, touched))
  )
  return undefined
})

/** The pool has as many ready as it should, or all it may have; what counts is what can be had by who asks now. */
interface Full {
  readonly _tag: "Full"
  readonly class: string
  readonly ready: number
  readonly leased: number
}

interface Making {
  readonly _tag: "Making"
  readonly member: Member
  readonly shares: ReadonlyArray<Share>
  readonly owned: ReadonlyArray<OwnedResource>
}

const reserve = (
  tx: Tx,
  install: string,
  { spec, pooling, sizes, avoid }: Warming,
  facts: Effect.Success<ReturnType<typeof networkFacts>>
): Full | Making => {
  const request = { network: spec }
  const { lease: network } = reserveNetwork(tx, { install, request, network: facts })
  const options: MemberOptions = { install, request, pooling, network, sizes, avoid }
  const wanted = classOf(options)
  const tally = tallyMembers(tx, spec.network, { class: wanted })
  if (tally.ready >= sizes.warm || !hasRoom(tx, options)) return { _tag: "Full", class: wanted, ...tally }
  const member = reserveMember(tx, options, "making")
  const { resources, shares } = pooling.member(request, network, member.device)
  const intents = resources.map((resource) => ({ resource }))
  return {
    _tag: "Making",
    member,
    shares,
    owned: insertIntents(tx, member.subject, ownerOfMember(install, member.subject), intents)
  }
}

const confirm = (tx: Tx, { subject }: Member): void => {
  markPresent(tx, subject)
  setMemberState(tx, subject, "ready")
}

/** It cannot fail: what cannot be removed stays recorded, and the next to warm or remove the network clears it up. */
const undo = (drivers: Drivers, member: Member, touched: Touched) =>
  retire(drivers, member, "making", touched).pipe(
    Effect.andThen(removeUnheldShares(drivers)),
    Effect.catchCause((cause) => Effect.logWarning(`undoing ${member.subject}`, cause))
  )
