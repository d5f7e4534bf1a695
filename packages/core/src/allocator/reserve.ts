import { Result } from "effect"
import type { Backend } from "../backend/Backend.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { nextGeneration, nextMark } from "../ledger/counters.ts"
import { insertLease } from "../ledger/LeaseRow.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { orphanAt } from "../ledger/OrphanRow.ts"
import { insertOwnedIntents, type OwnedResource } from "../ledger/ResourceRow.ts"
import { holdShare } from "../ledger/ShareRow.ts"
import { parseIpv4 } from "../net/Ipv4.ts"
import { orphanHasAddress } from "../rebuild/orphanErrors.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { Mac } from "../names/Mac.ts"
import { formatOwner } from "../names/Owner.ts"
import type { ProcessId } from "../ops/HostProbe.ts"
import { namedNetns, type Netns } from "../ops/Netns.ts"
import type { AttachRequest, PublishSpec } from "../plan/AttachRequest.ts"
import type { Lease, NetworkLease, PublishLease } from "../plan/Lease.ts"
import type { Plan } from "../plan/Plan.ts"
import { moveAllResources } from "../pool/MemberRow.ts"
import { isOnMember, splitPlan } from "../pool/memberResources.ts"
import { claimMember, type MemberOptions, ownerOfMember, reserveMember } from "../pool/reserveMember.ts"
import type { Resource } from "../resource/Resource.ts"
import { addressFor } from "./addressFor.ts"
import { refuseOtherForwarding } from "./forwarding.ts"
import { allocateIdentifier, holdIdentifier, identifierHolder } from "./identifiers.ts"
import { type NetworkFacts, reserveNetwork } from "./network.ts"
import { holdPorts } from "./ports.ts"

export interface ReserveOptions {
  readonly install: string
  readonly request: AttachRequest
  readonly backend: Backend
  readonly self: ProcessId
  /** Epoch milliseconds. */
  readonly now: number
  /** Whether the owner of a former lease still runs. */
  readonly alive: (process: ProcessId) => boolean
  /** What is behind a namespace's name now, if anything. */
  readonly namespace: (netns: Netns) => string | null
  readonly network: NetworkFacts
  /** Device names that turned out to belong to others. */
  readonly avoid: ReadonlySet<string>
}

/** A lease on paper: everything it needs is reserved and its intent recorded, nothing has been made. */
export interface Reservation {
  readonly lease: Lease
  readonly plan: Plan
  /** What is to be made. */
  readonly owned: ReadonlyArray<OwnedResource>
  /** Whether its device was there already. */
  readonly claimed: boolean
}

/**
 * Reserves network, address, MAC, device name and ports of an attach, plans it, and records lease, holds and intended
 * resources: all in the one transaction it is called in. Throws a `VmnetError` when something is taken or exhausted.
 */
export const reserve = (tx: Tx, options: ReserveOptions): Reservation => {
  const { install, request, backend, now, alive } = options
  refuseOtherForwarding(tx, request)
  const network = reserveNetwork(tx, options)
  const pooled = memberFor(tx, options, network.lease)
  const lease: Lease = {
    vm: request.vm,
    generation: nextGeneration(tx, request.vm),
    install,
    network: network.lease,
    address: backend.identity?.address ?? addressFor(tx, request, { now, alive, avoid: addressesOf(options) }),
    mac: backend.identity?.mac ?? macFor(tx, options),
    device: pooled === undefined ? deviceFor(tx, options) : pooled.device,
    mark: nextMark(tx),
    publish: reservePorts(tx, request.vm, request.publish),
    uplink: network.uplink,
    ...(pooled && { pooled: pooled.subject })
  }
  refuseOrphanAddress(tx, request, lease.address)
  const plan = backend.plan(request, lease)
  refuseTakenNames(options, plan.resources)
  const claimed = pooled?.claimed ?? false
  return { lease, plan, owned: record(tx, options, lease, plan, claimed), claimed }
}

/** Whoever has an address without being on record has it all the same; a network inside of namespaces meets nobody. */
const refuseOrphanAddress = (tx: Tx, { network, vm }: AttachRequest, address: string): void => {
  const position = network.inside === true ? undefined : Result.getOrUndefined(parseIpv4(address))
  const orphan = position === undefined ? undefined : orphanAt(tx, position)
  if (orphan !== undefined) throw orphanHasAddress(vm, address, orphan)
}

/**
 * A namespace that is there already is somebody else's, and must not be under an intent of ours for a moment: should we die
 * before we find out, an empty one would be taken for what is left of ours. Names of links are hashes that nobody guesses.
 */
const refuseTakenNames = ({ namespace, request: { vm } }: ReserveOptions, resources: ReadonlyArray<Resource>): void => {
  for (const resource of resources) {
    if (resource.kind !== "Netns" || namespace(namedNetns(resource.name)) === null) continue
    throw new VmnetError({
      code: "NAME_TAKEN",
      detail: `${vm}: there is a namespace ${resource.name} already that vmnet did not make`,
      hint: `It was left alone. See what is in it with: ip -n ${resource.name} address`,
      details: { vm, name: resource.name }
    })
  }
}

/** Reserves host ports, each range with a connection mark of its own. */
export const reservePorts = (tx: Tx, vm: string, specs: ReadonlyArray<PublishSpec>): ReadonlyArray<PublishLease> =>
  specs.map((spec) => {
    holdPorts(tx, vm, spec)
    return { ...spec, mark: nextMark(tx) }
  })

export const ownerOfLease = (lease: Lease): string =>
  formatOwner({ install: lease.install, subject: lease.vm, generation: lease.generation })

/** A device of the network's pool, where it has one: one that is ready, else one that is made now and outlives the VM. */
const memberFor = (tx: Tx, options: ReserveOptions, network: NetworkLease) => {
  const {
    install,
    request,
    avoid,
    backend: { pooling }
  } = options
  const sizes = pooling?.sizes(request.network)
  if (pooling === undefined || sizes === undefined) return undefined
  const wanted: MemberOptions = { install, request, pooling, network, sizes, avoid }
  const found = claimMember(tx, wanted)
  return { ...(found ?? reserveMember(tx, wanted, "leased")), claimed: found !== undefined }
}

const record = (
  tx: Tx,
  options: ReserveOptions,
  lease: Lease,
  plan: Plan,
  claimed: boolean
): ReadonlyArray<OwnedResource> => {
  insertLease(tx, {
    state: "configuring",
    request: options.request,
    lease,
    attachment: plan.attachment,
    creator: options.self,
    created: options.now,
    problems: []
  })
  for (const share of plan.shares) holdShare(tx, share.key, lease.vm)
  return recordResources(tx, options, lease, plan, claimed)
}

/** A device of the pool, and what is on it, have the pool's tag for good; one that is there already is only moved. */
const recordResources = (
  tx: Tx,
  { backend, request }: ReserveOptions,
  lease: Lease,
  plan: Plan,
  claimed: boolean
): ReadonlyArray<OwnedResource> => {
  const insert = (ownerOf: (resource: Resource) => string, resources: ReadonlyArray<Resource>) =>
    insertOwnedIntents(
      tx,
      lease.vm,
      resources.map((resource) => ({ resource, owner: ownerOf(resource) }))
    )
  const owner = ownerOfLease(lease)
  if (lease.pooled === undefined) return insert(() => owner, plan.resources)
  const { member, own } = splitPlan(backend, request, lease, plan.resources)
  if (claimed) moveAllResources(tx, lease.pooled, lease.vm)
  const isOn = isOnMember(member)
  const isPools = (resource: Resource) => member.includes(resource) || isOn(resource)
  const pool = ownerOfMember(lease.install, lease.pooled)
  return insert((resource) => (isPools(resource) ? pool : owner), claimed ? own : plan.resources)
}

/** The addresses that names taken by others stand for. */
const addressesOf = ({ request, backend, avoid }: ReserveOptions): ReadonlySet<string> =>
  new Set([...avoid].flatMap((name) => backend.namespaces?.addressOf(request.network, name) ?? []))

const deviceFor = (tx: Tx, { install, request, backend, avoid }: ReserveOptions): string => {
  const kind = backend.device ?? (request.target === undefined ? "tap" : "veth")
  const prefix = kind === "tap" ? "vmt" : "vmv"
  return allocateIdentifier(tx, {
    kind: "device",
    vm: request.vm,
    avoid,
    derive: (attempt) => InterfaceName.derive(prefix, install, request.vm, attempt)
  })
}

const macFor = (tx: Tx, { install, request }: ReserveOptions): string => {
  if (request.mac === undefined) {
    const derive = (attempt: number) => Mac.derive(install, request.vm, attempt)
    return allocateIdentifier(tx, { kind: "mac", vm: request.vm, avoid: new Set(), derive })
  }
  const holder = identifierHolder(tx, "mac", request.mac)
  if (holder !== undefined) {
    throw new VmnetError({
      code: "MAC_IN_USE",
      detail: `MAC ${request.mac} asked for ${request.vm} is in use by ${holder}`,
      hint: "Choose another --mac, or leave it out.",
      details: { vm: request.vm, mac: request.mac, holder }
    })
  }
  holdIdentifier(tx, "mac", request.mac, request.vm)
  return request.mac
}
