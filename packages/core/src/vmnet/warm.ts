import { Effect } from "effect"
import { reserveNetwork } from "../allocator/network.ts"
import { Backends } from "../backend/Backends.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { withLock } from "../ledger/Locks.ts"
import { insertIntents, markPresent } from "../ledger/ResourceRow.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { applyResources, type Touched } from "../plan/apply.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"
import { ensureShare, removeUnheldShares } from "../plan/Shares.ts"
import { countMembers, type Member, membersOf, setMemberState } from "../pool/MemberRow.ts"
import type { Pooling, PoolSizes } from "../pool/Pooling.ts"
import { ownerOfMember, reserveMember } from "../pool/reserveMember.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { checkBridge } from "./checkBridge.ts"
import { checkHostRights } from "./checkHost.ts"
import { removeUnfinished, retire } from "./drain.ts"
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

/** Makes members, one after the other, until as many are ready as should be or the pool has all it may have. */
export const warm = Effect.fn("Vmnet.warm")(function* (drivers: Drivers, spec: NetworkSpec) {
  const warming = yield* warmingOf(spec)
  yield* checkHostRights
  const work = Effect.gen(function* () {
    yield* removeUnfinished(drivers, spec.network)
    let made = 0
    while (yield* isShort(warming)) {
      yield* addMember(drivers, warming)
      made++
    }
    return { network: spec.network, made, ...(yield* counted(spec.network)) } satisfies WarmResult
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

const counted = Effect.fnUntraced(function* (network: string) {
  const ledger = yield* Ledger
  return yield* ledger.transact(`count the pool of ${network}`, (tx) => countMembers(membersOf(tx, network)))
})

const isShort = ({ spec, sizes }: Warming) =>
  Effect.map(
    counted(spec.network),
    ({ ready, leased }) => ready < sizes.warm && (sizes.size === null || ready + leased < sizes.size)
  )

/** A name that turns out to be taken by somebody else's device is exchanged for another. */
const addMember = Effect.fnUntraced(function* (drivers: Drivers, warming: Warming) {
  const isTaken = ({ code, details }: VmnetError): boolean => {
    const name = details?.["name"]
    if (code !== "NAME_TAKEN" || typeof name !== "string" || !InterfaceName.matches(name)) return false
    return !warming.avoid.has(name) && warming.avoid.add(name) !== undefined
  }
  yield* retrying(isTaken)(Effect.suspend(() => attempt(drivers, warming)))
})

const attempt = Effect.fnUntraced(function* (drivers: Drivers, warming: Warming) {
  const ledger = yield* Ledger
  const report = yield* Progress
  const { network } = warming.spec
  yield* report({ vm: network, step: "reserve" })
  yield* checkBridge({ vm: network, network: warming.spec })
  const facts = yield* networkFacts(network, warming.spec)
  const touched: Touched = new Set()
  yield* Effect.uninterruptibleMask((restore) =>
    ledger
      .transact(`reserve for the pool of ${network}`, (tx) => reserve(tx, ledger.install, warming, facts))
      .pipe(
        Effect.tap(({ member, shares, owned }) =>
          Effect.gen(function* () {
            yield* Effect.forEach(shares, (share, rank) => ensureShare(drivers, share, rank), { discard: true })
            yield* applyResources(drivers, member.subject, owned, touched)
          }).pipe(
            restore,
            Effect.andThen(ledger.transact(`confirm ${member.subject}`, (tx) => confirm(tx, member))),
            Effect.onError(() => undo(drivers, member, touched))
          )
        )
      )
  )
})

const reserve = (
  tx: Tx,
  install: string,
  { spec, pooling, sizes, avoid }: Warming,
  network: Effect.Success<ReturnType<typeof networkFacts>>
) => {
  const request = { network: spec }
  const { lease } = reserveNetwork(tx, { install, request, network })
  const member = reserveMember(tx, { install, request, pooling, network: lease, sizes, avoid }, "making")
  const { resources, shares } = pooling.member(request, lease, member.device)
  const owner = ownerOfMember(install, member.subject)
  const owned = insertIntents(
    tx,
    member.subject,
    owner,
    resources.map((resource) => ({ resource }))
  )
  return { member, shares, owned }
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
