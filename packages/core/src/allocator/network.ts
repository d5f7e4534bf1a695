import { VmnetError } from "../errors/VmnetError.ts"
import type { Tx } from "../ledger/Ledger.ts"
import {
  findNetwork,
  liveSubnets,
  networkInUse,
  type NetworkRecord,
  networkSubject,
  putNetwork
} from "../ledger/NetworkRow.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { Mac } from "../names/Mac.ts"
import type { AttachRequest, NetworkSpec } from "../plan/AttachRequest.ts"
import type { NetworkLease } from "../plan/Lease.ts"
import { allocateIdentifier } from "./identifiers.ts"
import { subnetOverlap } from "./overlap.ts"

/** What the host was found to be when the network had no leases; absent when it had some and nothing was looked at. */
export interface NetworkFacts {
  readonly host?: { readonly uplink: string | null; readonly links: ReadonlySet<string> }
}

export interface NetworkOptions {
  readonly install: string
  readonly request: Pick<AttachRequest, "network">
  readonly network: NetworkFacts
}

/**
 * The network of an attach as it is, or as this attach makes it: its first lease fixes device, MAC and specification
 * until the last one is gone. Throws when a live network differs from what is asked, or overlaps.
 */
export const reserveNetwork = (
  tx: Tx,
  options: NetworkOptions
): { readonly lease: NetworkLease; readonly uplink: string | null } => {
  const spec = options.request.network
  const known = findNetwork(tx, spec.network)
  const live = known !== undefined && networkInUse(tx, spec.network)
  const differing = live && !isSame(known.spec, spec) ? differences(known.spec, spec) : []
  if (live && differing.length > 0) throw networkConflict(known.spec, spec, differing)
  const record = live ? known : begin(tx, options)
  return { lease: leaseOf(record), uplink: record.uplink }
}

/** Settings that leases of one network may differ in: they only matter to the lease itself. */
const ofEachLease: ReadonlySet<string> = new Set(["dns", "cooldown"] satisfies ReadonlyArray<keyof NetworkSpec>)

/** How many devices are kept ready is a matter of who comes next: it may change under VMs that are up. */
const withoutPool = (spec: NetworkSpec): NetworkSpec => {
  const { pool: _, ...options } = spec.options ?? {}
  return { ...spec, options }
}

const isSame = (live: NetworkSpec, asked: NetworkSpec): boolean => JSON.stringify(live) === JSON.stringify(asked)

const differences = (live: NetworkSpec, asked: NetworkSpec): ReadonlyArray<keyof NetworkSpec> => {
  const [a, b] = [withoutPool(live), withoutPool(asked)]
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as ReadonlyArray<keyof NetworkSpec>
  return keys.filter((key) => !ofEachLease.has(key) && JSON.stringify(a[key]) !== JSON.stringify(b[key]))
}

const begin = (tx: Tx, options: NetworkOptions): NetworkRecord => {
  const spec = options.request.network
  const { host } = options.network
  if (host === undefined) throw changedMeanwhile(spec.network)
  refuseOverlap(tx, spec)
  const record = { network: spec.network, ...identity(tx, options, host.links), spec, uplink: host.uplink }
  putNetwork(tx, record)
  return record
}

/** Derived from the network's name, so it has the same names each time unless somebody else took them meanwhile. */
const identity = (tx: Tx, { install, request }: NetworkOptions, avoid: ReadonlySet<string>) => {
  const vm = networkSubject(request.network.network)
  tx.run("DELETE FROM identifiers WHERE vm = ?", vm)
  const device = (attempt: number) => InterfaceName.derive("vmb", install, vm, attempt)
  const mac = (attempt: number) => Mac.derive(install, vm, attempt)
  return {
    device: allocateIdentifier(tx, { kind: "device", vm, avoid, derive: device }),
    mac: allocateIdentifier(tx, { kind: "mac", vm, avoid: new Set(), derive: mac })
  }
}

const refuseOverlap = (tx: Tx, spec: NetworkSpec): void => {
  const refusal = subnetOverlap(spec, { networks: liveSubnets(tx) })
  if (refusal !== undefined) throw refusal
}

const leaseOf = (record: NetworkRecord): NetworkLease => ({
  network: record.network,
  device: record.device,
  mac: record.mac,
  subnet: record.spec.subnet,
  prefix: Number(record.spec.subnet.split("/")[1]),
  gateway: record.spec.gateway
})

const networkConflict = (
  live: NetworkSpec,
  asked: NetworkSpec,
  differing: ReadonlyArray<keyof NetworkSpec>
): VmnetError => {
  const words = differing.map((key) => `${key} is ${JSON.stringify(live[key])}, not ${JSON.stringify(asked[key])}`)
  return new VmnetError({
    code: "NETWORK_CONFLICT",
    detail: `network ${asked.network} is up with other settings: ${words.join("; ")}`,
    hint: `Take its VMs down first (vmnet network show ${asked.network}), or use another network.`,
    details: { network: asked.network, differing }
  })
}

const changed = "the network went down meanwhile"

const changedMeanwhile = (network: string): VmnetError =>
  new VmnetError({
    code: "BUSY",
    detail: `network ${network} went down while it was being looked at`,
    hint: "Try again.",
    details: { network, changed }
  })

/** Whether looking at the host again, now that the network has no leases, is all that is missing. */
export const isNetworkChanged = (error: VmnetError): boolean => error.details?.["changed"] === changed
