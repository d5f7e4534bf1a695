import { allocateIdentifier } from "../allocator/identifiers.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { holdShare } from "../ledger/ShareRow.ts"
import { digest, hex } from "../names/hash.ts"
import { InterfaceName } from "../names/InterfaceName.ts"
import { formatOwner } from "../names/Owner.ts"
import type { NetworkLease } from "../plan/Lease.ts"
import {
  countMembers,
  findReady,
  insertMember,
  type Member,
  type MemberState,
  nextMemberSubject,
  setMemberState
} from "./MemberRow.ts"
import type { MemberRequest, Pooling, PoolSizes } from "./Pooling.ts"

export interface MemberOptions {
  readonly install: string
  readonly request: MemberRequest
  readonly pooling: Pooling
  readonly network: NetworkLease
  readonly sizes: PoolSizes
  /** Device names not to be used: of others, or of members that somebody has open. */
  readonly avoid: ReadonlySet<string>
}

export const ownerOfMember = (install: string, subject: string): string =>
  formatOwner({ install, subject, generation: 0 })

/** The ready member that a request can have, or none. */
export const claimMember = (tx: Tx, options: MemberOptions): Member | undefined => {
  const found = findReady(tx, options.network.network, classOf(options), options.avoid)
  if (found !== undefined) setMemberState(tx, found.subject, "leased")
  return found
}

/** A member on paper. Throws when the pool has all the members it may have. */
export const reserveMember = (tx: Tx, options: MemberOptions, state: MemberState): Member => {
  const { install, network, pooling, request, sizes, avoid } = options
  if (!hasRoom(tx, options)) throw exhausted(tx, network.network, sizes.size)
  const subject = nextMemberSubject(tx, network.network)
  const derive = (attempt: number) => InterfaceName.derive("vmt", install, subject, attempt)
  const device = allocateIdentifier(tx, { kind: "device", vm: subject, avoid, derive })
  const member: Member = { subject, network: network.network, class: classOf(options), device, state }
  insertMember(tx, member)
  for (const share of pooling.member(request, network, device).shares) holdShare(tx, share.key, subject)
  return member
}

/**
 * Whether the pool may have one more: those that VMs have count, and those that would be as good. What is ready with other
 * settings than are asked for now is nobody's to have, and goes when the pool is warmed.
 */
export const hasRoom = (tx: Tx, options: MemberOptions): boolean => {
  const { network, sizes } = options
  if (sizes.size === null) return true
  const ready = countMembers(tx, network.network, { state: "ready" })
  const others = ready - countMembers(tx, network.network, { state: "ready", class: classOf(options) })
  return countMembers(tx, network.network) - others < sizes.size
}

/** What a member is apart from its name, as a hash: members that are made of the same are of one class. */
export const classOf = ({ pooling, request, network }: Omit<MemberOptions, "avoid">): string => {
  const text = JSON.stringify(pooling.member(request, network, "").resources)
  const known = classes.get(text)
  if (known !== undefined) return known
  const made = hex(digest(["class", text]), 32)
  if (classes.size >= mostClasses) classes.clear()
  classes.set(text, made)
  return made
}

/** Classes that were worked out before; a network has one at a time. */
const classes = new Map<string, string>()
const mostClasses = 64

const exhausted = (tx: Tx, network: string, size: number | null): VmnetError => {
  const idle = countMembers(tx, network, { state: "ready" })
  const others = idle === 0 ? "" : ` (${idle} ready, but held open or made with other settings)`
  return new VmnetError({
    code: "POOL_EXHAUSTED",
    detail: `network ${network} has no TAP left of the ${size} in its pool${others}`,
    hint: `Take VMs down (vmnet network show ${network}) or set networks.${network}.pool.size higher.`,
    details: { network, size, idle }
  })
}
