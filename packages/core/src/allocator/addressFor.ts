import { Result } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { digest } from "../names/hash.ts"
import { type Ipv4Pool, makeIpv4Pool, poolInput } from "../net/Ipv4Pool.ts"
import type { AttachRequest, NetworkSpec } from "../plan/AttachRequest.ts"
import { findPosition, holdPosition, positionHolder } from "./AddressAllocator.ts"

/**
 * The guest's address: the one asked for if it may be had, else what the network's strategy finds. Addresses to avoid
 * stand for something that others have.
 */
export const addressFor = (
  tx: Tx,
  request: AttachRequest,
  now: number,
  avoid: ReadonlySet<string> = new Set()
): string => {
  const pool = poolOf(request.network)
  const { network, addressing } = request.network
  if (request.address !== undefined) return holdRequested(tx, pool, request, request.address)
  let start = addressing === "lowest" ? 0 : stickyStart(pool, network, request.vm)
  for (let attempt = 0; attempt <= avoid.size; attempt++) {
    const position = findPosition(tx, { network, size: pool.size }, { vm: request.vm, start, now })
    const address = position === undefined ? undefined : pool.nth(position)
    if (position === undefined || address === undefined) break
    if (!avoid.has(address)) {
      holdPosition(tx, network, position, address, request.vm)
      return address
    }
    start = (position + 1) % pool.size
  }
  throw exhausted(request.network)
}

/** The pool of a validated network. */
export const poolOf = (spec: NetworkSpec): Ipv4Pool => Result.getOrThrow(makeIpv4Pool(poolInput(spec)))

/** SHA-256 of the VM's name, so that a VM keeps its address from one run to the next while nobody else has it. */
const stickyStart = (pool: Ipv4Pool, network: string, vm: string): number => {
  const bytes = digest(["address", network, vm])
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % Math.max(pool.size, 1)
}

const holdRequested = (tx: Tx, pool: Ipv4Pool, request: AttachRequest, address: string): string => {
  const { network } = request.network
  const position = pool.indexOf(address)
  if (position === undefined) throw notForGuests(pool, request, address)
  const holder = positionHolder(tx, network, position)
  if (holder !== undefined) throw addressInUse(request, address, holder)
  holdPosition(tx, network, position, address, request.vm)
  return address
}

const notForGuests = (pool: Ipv4Pool, request: AttachRequest, address: string): VmnetError => {
  const reserved = pool.isReserved(address)
  const reason = reserved === undefined ? `is outside ${pool.subnet}` : `is reserved in ${pool.subnet} (${reserved})`
  return new VmnetError({
    code: "BAD_INPUT",
    detail: `address ${address} asked for ${request.vm} ${reason}`,
    hint: `Choose another address of ${pool.subnet}, or leave it out.`,
    details: { vm: request.vm, address, network: request.network.network }
  })
}

const addressInUse = (request: AttachRequest, address: string, holder: string): VmnetError =>
  new VmnetError({
    code: "ADDRESS_IN_USE",
    detail: `address ${address} asked for ${request.vm} is in use by ${holder}`,
    hint: `Choose another ${request.network.links === undefined ? "--ip" : "--slot"}, or leave it out.`,
    details: { vm: request.vm, address, holder }
  })

const exhausted = (network: NetworkSpec): VmnetError =>
  new VmnetError({
    code: "ADDRESS_EXHAUSTED",
    detail: `network ${network.network} has no free address left in ${network.subnet}`,
    hint: `Take VMs down (vmnet network show ${network.network}) or give the network a larger subnet.`,
    details: { network: network.network, subnet: network.subnet }
  })
