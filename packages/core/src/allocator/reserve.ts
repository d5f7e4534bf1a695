import type { Backend } from "../backend/Backend.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { nextGeneration, nextMark } from "../ledger/counters.ts"
import { insertLease } from "../ledger/LeaseRow.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { insertIntents, type OwnedResource } from "../ledger/ResourceRow.ts"
import { holdShare } from "../ledger/ShareRow.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { Mac } from "../names/Mac.ts"
import { formatOwner } from "../names/Owner.ts"
import type { ProcessId } from "../ops/HostProbe.ts"
import type { AttachRequest, PublishSpec } from "../plan/AttachRequest.ts"
import type { Lease, PublishLease } from "../plan/Lease.ts"
import type { Plan } from "../plan/Plan.ts"
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
  readonly network: NetworkFacts
  /** Device names that turned out to belong to others. */
  readonly avoid: ReadonlySet<string>
}

/** A lease on paper: everything it needs is reserved and its intent recorded, nothing has been made. */
export interface Reservation {
  readonly lease: Lease
  readonly plan: Plan
  readonly owned: ReadonlyArray<OwnedResource>
}

/**
 * Reserves network, address, MAC, device name and ports of an attach, plans it, and records lease, holds and intended
 * resources: all in the one transaction it is called in. Throws a `VmnetError` when something is taken or exhausted.
 */
export const reserve = (tx: Tx, options: ReserveOptions): Reservation => {
  const { install, request, backend } = options
  refuseOtherForwarding(tx, request)
  const network = reserveNetwork(tx, options)
  const lease: Lease = {
    vm: request.vm,
    generation: nextGeneration(tx, request.vm),
    install,
    network: network.lease,
    address: backend.identity?.address ?? addressFor(tx, request, options.now, addressesOf(options)),
    mac: backend.identity?.mac ?? macFor(tx, options),
    device: deviceFor(tx, options),
    mark: nextMark(tx),
    publish: reservePorts(tx, request.vm, request.publish),
    uplink: network.uplink
  }
  const plan = backend.plan(request, lease)
  return { lease, plan, owned: record(tx, options, lease, plan) }
}

/** Reserves host ports, each range with a connection mark of its own. */
export const reservePorts = (tx: Tx, vm: string, specs: ReadonlyArray<PublishSpec>): ReadonlyArray<PublishLease> =>
  specs.map((spec) => {
    holdPorts(tx, vm, spec)
    return { ...spec, mark: nextMark(tx) }
  })

export const ownerOfLease = (lease: Lease): string =>
  formatOwner({ install: lease.install, subject: lease.vm, generation: lease.generation })

const record = (tx: Tx, options: ReserveOptions, lease: Lease, plan: Plan): ReadonlyArray<OwnedResource> => {
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
  const resources = plan.resources.map((resource) => ({ resource }))
  return insertIntents(tx, lease.vm, ownerOfLease(lease), resources)
}

/** The addresses that names taken by others stand for. */
const addressesOf = ({ request, backend, avoid }: ReserveOptions): ReadonlySet<string> =>
  new Set([...avoid].flatMap((name) => backend.addressOf?.(request.network, name) ?? []))

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
