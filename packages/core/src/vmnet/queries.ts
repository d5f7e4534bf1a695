import { Effect } from "effect"
import { heldCount } from "../allocator/AddressAllocator.ts"
import { poolOf } from "../allocator/addressFor.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { allLeases, findLease, type LeaseRecord } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { allNetworks, deleteNetwork, findNetwork, networkInUse, vmsOfNetwork } from "../ledger/NetworkRow.ts"
import { allOrphans, findOrphan } from "../ledger/OrphanRow.ts"
import { resourcesOf } from "../ledger/ResourceRow.ts"
import { HostProbe, type ProcessId } from "../ops/HostProbe.ts"
import { hostNetns } from "../ops/Netns.ts"
import type { Attachment } from "../plan/Attachment.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"
import { countMembers, tallyMembers } from "../pool/MemberRow.ts"
import type { Drivers } from "../resource/Drivers.ts"
import { recordLost } from "../rebuild/orphanErrors.ts"
import { describeResource, resourceKey } from "../resource/identity.ts"
import { vmNotFound } from "./activeLease.ts"
import { asFound, oneAsFound } from "./asFound.ts"
import { orphanAttachment } from "./orphanAttachment.ts"
import { drain } from "./drain.ts"
import type { DownResult, KnownNetworks, NetworkDetail, VmDetail } from "./Vmnet.ts"

export const list = Effect.gen(function* () {
  const ledger = yield* Ledger
  const { leases, orphans } = yield* ledger.transact("list", (tx) => ({
    leases: allLeases(tx),
    orphans: allOrphans(tx)
  }))
  const { alive } = yield* HostProbe
  const found = yield* asFound(leases.map((record) => record.attachment))
  const attachments = found.map(({ attachment }, index) => withOwner(attachment, endedOwner(leases[index]!, alive)))
  return [...attachments, ...orphans.map(orphanAttachment)]
})

/** The process a VM was for, where it has ended. */
const endedOwner = ({ request: { owner } }: LeaseRecord, alive: (process: ProcessId) => boolean) =>
  owner === undefined || alive(owner) ? undefined : owner

const withOwner = (attachment: Attachment, ended: ProcessId | undefined): Attachment =>
  ended === undefined ? attachment : { ...attachment, ownerEnded: true }

export const show = Effect.fn("Vmnet.show")(function* (vm: string) {
  const ledger = yield* Ledger
  const found = yield* ledger.transact(`look up ${vm}`, (tx) => ({
    record: findLease(tx, vm),
    resources: resourcesOf(tx, vm),
    orphan: findOrphan(tx, vm)
  }))
  if (found.orphan !== undefined) return yield* recordLost(vm)
  if (found.record === undefined) return yield* vmNotFound(vm)
  const { request, created } = found.record
  const { attachment, holder, problems } = yield* oneAsFound(found.record.attachment)
  const ended = endedOwner(found.record, (yield* HostProbe).alive)
  const ownerWords = ended === undefined ? [] : [`its owner, process ${ended.pid}, has ended: vmnet gc takes it down`]
  return {
    attachment: withOwner(attachment, ended),
    request,
    problems: [...found.record.problems, ...problems, ...ownerWords],
    ...(holder === undefined ? {} : { holder }),
    createdAt: new Date(created).toISOString(),
    resources: found.resources.map(({ resource, state }) => ({
      kind: resource.kind,
      what: describeResource(resource),
      state
    }))
  } satisfies VmDetail
})

/** The known networks and those in use, which differ when the configuration changed under live VMs. */
export const networks = Effect.fn("Vmnet.networks")(function* (known: KnownNetworks) {
  const ledger = yield* Ledger
  return yield* ledger.transact("list networks", (tx) => {
    const details = (["config", "default"] as const).flatMap((source) =>
      known[source].map((spec) => networkDetail(tx, spec, source))
    )
    const names = new Set(details.map((detail) => detail.network))
    const others = allNetworks(tx).filter((record) => !names.has(record.network))
    return [...details, ...others.map((record) => networkDetail(tx, record.spec, "ledger"))]
  })
})

const networkDetail = (tx: Tx, configured: NetworkSpec, source: NetworkDetail["source"]): NetworkDetail => {
  const live = networkInUse(tx, configured.network)
  const record = live ? findNetwork(tx, configured.network) : undefined
  const spec = record?.spec ?? configured
  return {
    network: spec.network,
    backend: spec.backend,
    subnet: spec.subnet,
    gateway: spec.gateway,
    device: record !== undefined && isMade(tx, record.device) ? record.device : null,
    state: live ? "up" : "down",
    vms: vmsOfNetwork(tx, spec.network),
    free: spec.inside ? null : poolOf(spec).size - heldCount(tx, spec.network),
    ...poolDetail(tx, spec),
    source
  }
}

const poolDetail = (tx: Tx, { network, options }: NetworkSpec): Pick<NetworkDetail, "pool"> => {
  if (countMembers(tx, network) === 0 && options?.["pool"] === undefined) return {}
  return { pool: tallyMembers(tx, network) }
}

/** Its pool goes first; who uses the network again meanwhile keeps it. */
/** Not every network has a bridge of its own. */
const isMade = (tx: Tx, link: string): boolean =>
  tx.get(
    "SELECT 1 FROM resources WHERE key = ?",
    resourceKey({ kind: "Bridge", netns: hostNetns, link, mac: "", mtu: 0 })
  ) !== undefined

export const removeNetwork = Effect.fn("Vmnet.removeNetwork")(function* (drivers: Drivers, network: string) {
  const ledger = yield* Ledger
  const known = yield* ledger.transact(`look up network ${network}`, (tx) => {
    if (networkInUse(tx, network)) throw networkInUseError(network, vmsOfNetwork(tx, network))
    return { isKnown: findNetwork(tx, network) !== undefined, hasPool: countMembers(tx, network) > 0 }
  })
  // A pool outlives its network's record where that is lost.
  if (!known.isKnown && !known.hasPool) return { vm: network, outcome: "absent" } satisfies DownResult
  if (known.hasPool) yield* drain(drivers, network)
  return yield* ledger.transact(`remove network ${network}`, (tx): DownResult => {
    if (networkInUse(tx, network)) throw networkInUseError(network, vmsOfNetwork(tx, network))
    if (countMembers(tx, network) > 0) throw beingWarmed(network)
    deleteNetwork(tx, network)
    return { vm: network, outcome: "removed" }
  })
})

const beingWarmed = (network: string): VmnetError =>
  new VmnetError({
    code: "BUSY",
    detail: `network ${network} got new devices in its pool meanwhile`,
    hint: "Try again.",
    details: { network }
  })

const networkInUseError = (network: string, vms: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "NETWORK_IN_USE",
    detail: `network ${network} is used by ${vms.length} VM${vms.length === 1 ? "" : "s"}: ${vms.slice(0, 5).join(", ")}`,
    hint: `Take them down first: vmnet down ${vms.slice(0, 5).join(" ")}`,
    details: { network, vms }
  })
