import { ipForwardShare } from "../forwarding/forwarding.ts"
import { isOfHost } from "../forwarding/heldParameters.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { putMeta } from "../ledger/prepare.ts"
import { holdOrphanAddress, type Orphan, putOrphan } from "../ledger/OrphanRow.ts"
import { insertFound } from "../ledger/ResourceRow.ts"
import { insertShare, type ShareState, shareState, shareSubject } from "../ledger/ShareRow.ts"
import { parseIpv4 } from "../net/Ipv4.ts"
import { deleteMember, findMember, insertMember } from "../pool/MemberRow.ts"
import { Result } from "effect"
import { carries } from "../resource/identity.ts"
import type { Sight } from "./look.ts"
import { putLost } from "./lost.ts"
import type { SeenResource } from "./resourcesSeen.ts"
import { networkOfMember, numberOfMember, type Subjects } from "./subjects.ts"

/**
 * Records what was found, where nothing is on record. Every counter goes on behind everything that was seen. `around` is
 * every share that was seen, and can be held by what is found.
 */
export const record = (
  tx: Tx,
  sight: Sight,
  { members, shares, vms }: Subjects,
  around: Subjects["shares"] = shares
): void => {
  for (const [key, seen] of shares) recordShare(tx, key, seen, sight)
  for (const [subject, seen] of members) recordMember(tx, subject, seen, around)
  for (const [vm, seen] of vms) recordVm(tx, vm, seen, around)
  raiseMarks(tx, sight)
  const isOnHost = sight.layout !== "absent" || sight.links.length > 0 || sight.elements.length > 0
  if (isOnHost && sight.parameters.isForwardingLost) putLost(tx, "net.ipv4.ip_forward")
}

const recordShare = (tx: Tx, key: string, seen: ReadonlyArray<SeenResource>, sight: Sight): void => {
  if (shareState(tx, key) !== undefined) return
  insertShare(tx, key, rankOf(key), stateOf(key, sight))
  insertFound(tx, shareSubject(key), seen)
}

/** As plans have it: the tables are there first, and `ip_forward` sets the flag of the uplink when it changes. */
const rankOf = (key: string): number => {
  if (key === "nat") return 0
  if (!isOfHost(key)) return 1
  return key === ipForwardShare ? 2 : 3
}

/**
 * The tables are whole or they are not, which can be seen; of a network nobody can say what else there was. Parameters
 * that are not as they are held are made so by the next to need them.
 */
const stateOf = (key: string, { layout, parameters }: Sight): ShareState => {
  if (key === "nat") return layout === "present" ? "present" : "orphan"
  const held = parameters.held.find((one) => one.key === key)
  if (held === undefined) return "orphan"
  return held.stands ? "present" : "creating"
}

/** Of no class that anybody asks for: nobody is given it, and it goes with the next that is made, or with its network. */
const recordMember = (tx: Tx, subject: string, seen: ReadonlyArray<SeenResource>, shares: Subjects["shares"]): void => {
  const network = networkOfMember(subject)
  const device = seen.map(deviceOf).find((link) => link !== undefined) ?? subject
  if (findMember(tx, subject) !== undefined || hasDevice(tx, device)) return
  insertMember(tx, { subject, network, class: "", device, state: "ready" })
  insertFound(tx, subject, seen)
  holdDevices(tx, subject, seen)
  holdShares(tx, subject, seen, sharesOfMembers(shares))
  raise(tx, "member", numberOfMember(subject))
}

const hasDevice = (tx: Tx, device: string): boolean =>
  tx.get("SELECT 1 FROM members WHERE device = ?", device) !== undefined

const recordVm = (tx: Tx, vm: string, seen: ReadonlyArray<SeenResource>, shares: Subjects["shares"]): void => {
  if (tx.get("SELECT 1 FROM leases WHERE vm = ?", vm) !== undefined) return
  const generations = seen.flatMap(({ owner }) => (owner.subject === vm ? [owner.generation] : []))
  const generation = Math.max(1, ...generations)
  tx.run("INSERT OR IGNORE INTO generations (vm, generation) VALUES (?, 0)", vm)
  tx.run("UPDATE generations SET generation = MAX(generation, ?) WHERE vm = ?", generation, vm)
  for (const { owner } of seen) {
    if (owner.subject === vm) continue
    deleteMember(tx, owner.subject)
    raise(tx, "member", numberOfMember(owner.subject))
  }
  insertFound(tx, vm, seen)
  holdDevices(tx, vm, seen)
  holdPorts(tx, vm, seen)
  holdShares(tx, vm, seen, shares)
  for (const { position, text } of addressesOf(seen)) holdOrphanAddress(tx, vm, position, text)
  putOrphan(tx, orphanOf(vm, generation, seen, shares))
}

const orphanOf = (
  vm: string,
  generation: number,
  seen: ReadonlyArray<SeenResource>,
  shares: Subjects["shares"]
): Orphan => {
  const netns = seen.flatMap(({ resource }) => (resource.kind === "Netns" ? [`/run/netns/${resource.name}`] : []))[0]
  const network = sharesOf(seen, shares)
    .find((key) => key.startsWith("net."))
    ?.slice("net.".length)
  return {
    vm,
    generation,
    device: seen.map(deviceOf).find((link) => link !== undefined) ?? "",
    netns: netns ?? null,
    address: addressesOf(seen)[0]?.text ?? "",
    network: network ?? ""
  }
}

const deviceOf = ({ resource }: SeenResource): string | undefined =>
  resource.kind === "Tap" || resource.kind === "Veth" || resource.kind === "Bridge" ? resource.link : undefined

const addressesOf = (seen: ReadonlyArray<SeenResource>) =>
  seen.flatMap(({ resource }) => {
    if (resource.kind !== "NatElement" || !("address" in resource.element)) return []
    const text = resource.element.address
    const position = Result.getOrUndefined(parseIpv4(text))
    return position === undefined ? [] : [{ text, position }]
  })

const holdDevices = (tx: Tx, subject: string, seen: ReadonlyArray<SeenResource>): void => {
  const hold = (kind: "device" | "mac", value: string) =>
    tx.run("INSERT OR IGNORE INTO identifiers (kind, value, vm) VALUES (?, ?, ?)", kind, value, subject)
  for (const one of seen) {
    const device = deviceOf(one)
    if (device !== undefined) hold("device", device)
    const { resource } = one
    if (resource.kind === "NatElement" && resource.element._tag === "Binding") hold("mac", resource.element.mac)
  }
}

const holdPorts = (tx: Tx, vm: string, seen: ReadonlyArray<SeenResource>): void => {
  for (const { resource } of seen) {
    if (resource.kind !== "NatElement" || resource.element._tag !== "Publish") continue
    const { protocol, hostAddress, hostPort, count } = resource.element
    for (let port = hostPort; port < hostPort + count; port++) {
      const values = [protocol, port, hostAddress ?? "*", vm]
      tx.run("INSERT OR IGNORE INTO ports (protocol, port, host, vm) VALUES (?, ?, ?, ?)", ...values)
    }
  }
}

/** A device that no VM has forwards nothing. */
const sharesOfMembers = (shares: Subjects["shares"]): Subjects["shares"] =>
  new Map([...shares].filter(([key]) => !isOfHost(key)))

/** What stands on the host needs the tables, and has it forward; what is behind a network's bridge needs the network. */
const sharesOf = (seen: ReadonlyArray<SeenResource>, shares: Subjects["shares"]): ReadonlyArray<string> => {
  const isOnHost = seen.some(({ resource }) => resource.netns._tag === "Host" && resource.kind !== "ResolvConf")
  const used = new Set(seen.flatMap(({ resource }) => linksNamed(resource)))
  return [...shares].flatMap(([key, made]) => {
    if (key === "nat" || isOfHost(key)) return isOnHost ? [key] : []
    const links = made.flatMap(({ resource }) => [...carries(resource), ...linksNamed(resource)])
    return links.some((link) => used.has(link.replace(/^host /, ""))) ? [key] : []
  })
}

const linksNamed = (resource: SeenResource["resource"]): ReadonlyArray<string> => {
  if (resource.kind === "NatElement") return "device" in resource.element ? [resource.element.device] : []
  return "master" in resource && resource.master !== undefined ? [resource.master.link] : []
}

const holdShares = (tx: Tx, vm: string, seen: ReadonlyArray<SeenResource>, shares: Subjects["shares"]): void => {
  for (const key of sharesOf(seen, shares)) {
    tx.run("INSERT OR IGNORE INTO holds (share, vm) VALUES (?, ?)", key, vm)
  }
}

const raiseMarks = (tx: Tx, { elements }: Sight): void =>
  raise(tx, "mark", Math.max(0, ...elements.map(({ found }) => ("mark" in found ? found.mark : 0))))

const raise = (tx: Tx, key: "mark" | "member", least: number): void => {
  const known = Number(tx.get<{ value: string }>("SELECT value FROM meta WHERE key = ?", key)?.value ?? 0)
  if (least > known) putMeta(tx, key, String(least))
}
