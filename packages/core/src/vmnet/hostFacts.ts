import { Effect } from "effect"
import { subnetOverlap } from "../allocator/overlap.ts"
import type { NetworkFacts } from "../allocator/network.ts"
import { stepError } from "../errors/stepError.ts"
import { Ledger } from "../ledger/Ledger.ts"
import type { VmnetError } from "../errors/VmnetError.ts"
import { orphanDevices } from "../ledger/OrphanRow.ts"
import { orphanSubnet } from "../rebuild/orphanErrors.ts"
import { findNetwork, liveSubnets, networkInUse } from "../ledger/NetworkRow.ts"
import { parseOwner } from "../names/Owner.ts"
import { type Link, LinkOps, type LinkSnapshot } from "../ops/LinkOps.ts"
import { hostNetns } from "../ops/Netns.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"
import { keyOf } from "../resource/identity.ts"
import { onNoRecord } from "./onNoRecord.ts"

export const lookAtHost = (subject: string) =>
  Effect.gen(function* () {
    const ops = yield* LinkOps
    return yield* Effect.mapError(ops.snapshot(hostNetns), (error) => stepError(subject, "look at the host", error))
  })

/**
 * What must be known of the host before a network comes up: nothing while it has leases, else a look at links and
 * routes, which also refuses a subnet that a host route or address already covers. `isLive` is what the caller has just read;
 * where it is not true any more the reservation says so.
 */
export const networkFacts = Effect.fnUntraced(function* (vm: string, spec: NetworkSpec, isLive: boolean = false) {
  if (isLive) return {} satisfies NetworkFacts
  const known = yield* lookUp(vm, spec.network)
  if (known.live) return {} satisfies NetworkFacts
  const host = yield* lookAtHost(vm)
  // Whoever brought the network up meanwhile has recorded it before its bridge could be seen.
  const { live, device, networks, install } = yield* lookUp(vm, spec.network)
  if (live) return {} satisfies NetworkFacts
  const isForeign = host.links.some((link) => link.link === device && parseOwner(link.alias)?.install !== install)
  const own = spec.bridge ?? (isForeign ? undefined : device)
  const refusal = subnetOverlap(spec, { networks, routes: host.routes, addresses: addressesOf(host) }, own)
  if (refusal !== undefined) return yield* orphansInstead(spec, host, own, refusal)
  const links = new Set(host.links.map((link) => link.link).filter((link) => link !== own))
  return { host: { uplink: uplinkOf(host), links } } satisfies NetworkFacts
})

/** Whether the addresses are only taken by VMs whose record was lost: then it is those that have to go. */
const orphansInstead = Effect.fnUntraced(function* (
  spec: NetworkSpec,
  host: LinkSnapshot,
  own: string | undefined,
  refusal: VmnetError
) {
  const { install, transact } = yield* Ledger
  const { networks, orphans, recorded } = yield* transact("look for orphans", (tx) => ({
    orphans: orphanDevices(tx),
    networks: liveSubnets(tx),
    recorded: new Set(tx.all<{ key: string }>("SELECT key FROM resources").map(({ key }) => key))
  }))
  const isUnrecorded = ({ alias, link }: Link): boolean =>
    parseOwner(alias)?.install === install &&
    deviceKinds.every((kind) => !recorded.has(keyOf(kind, hostNetns, link))) &&
    link !== own
  const unrecorded = host.links.filter(isUnrecorded)
  const ours = new Set([...orphans.keys(), ...unrecorded.map(({ link }) => link)])
  /** The refusal there would be if the host had only what is on these links. */
  const refusalOf = (isOn: (link: string) => boolean, others: typeof networks = []) => {
    const on = ({ link }: { readonly link: string | null }): boolean => isOn(link ?? "")
    const space = { networks: others, routes: host.routes.filter(on), addresses: addressesOf(host).filter(on) }
    return subnetOverlap(spec, space, own)
  }
  if (ours.size === 0 || refusalOf((link) => !ours.has(link), networks) !== undefined) return yield* refusal
  const inTheWay = unrecorded.find(({ link }) => refusalOf((one) => one === link) !== undefined)
  if (inTheWay !== undefined) return yield* onNoRecord(refusal, inTheWay.link, inTheWay.alias)
  const vms = [...orphans].filter(([link]) => refusalOf((one) => one === link) !== undefined).flatMap(([, of]) => of)
  return yield* orphanSubnet(spec.network, [...new Set(vms)], refusal)
})

const deviceKinds = ["Bridge", "Tap", "Veth"] as const

const lookUp = Effect.fnUntraced(function* (vm: string, network: string) {
  const { install, transact } = yield* Ledger
  return yield* transact(`look up network ${network}`, (tx) => ({
    install,
    live: networkInUse(tx, network, vm),
    device: findNetwork(tx, network)?.device,
    networks: liveSubnets(tx)
  }))
})

/** The interface of the default route with the lowest metric. */
const uplinkOf = ({ routes }: LinkSnapshot): string | null =>
  routes
    .filter((route) => route.destination === "0.0.0.0/0" && route.link !== null)
    .toSorted((a, b) => a.metric - b.metric)[0]?.link ?? null

const addressesOf = ({ links }: LinkSnapshot) =>
  links.flatMap(({ link, addresses }) => addresses.map((address) => ({ address, link })))
