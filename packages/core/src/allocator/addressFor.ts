import { Result } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { digest } from "../names/hash.ts"
import { type Ipv4Pool, makeIpv4Pool, poolInput } from "../net/Ipv4Pool.ts"
import type { AttachRequest, NetworkSpec } from "../plan/AttachRequest.ts"
import {
  type AddressRequest,
  findPosition,
  holdPosition,
  type Lingering,
  lingering,
  lingeringOn,
  positionHolder
} from "./AddressAllocator.ts"

/** When, and who still runs. */
export interface AddressOptions extends Pick<AddressRequest, "now" | "alive"> {
  /** Addresses that stand for something that others have. */
  readonly avoid?: ReadonlySet<string>
}

/** The guest's address: the one asked for if it may be had, else what the network's strategy finds. */
export const addressFor = (tx: Tx, request: AttachRequest, options: AddressOptions): string => {
  const { avoid = new Set(), ...when } = options
  const pool = poolOf(request.network)
  const { network, addressing } = request.network
  if (request.address !== undefined) return holdRequested(tx, pool, request, request.address, when)
  let start = addressing === "lowest" ? 0 : stickyStart(pool, network, request.vm)
  for (let attempt = 0; attempt <= avoid.size; attempt++) {
    const position = findPosition(
      tx,
      { network, size: pool.size },
      { vm: request.vm, start, isAnother: attempt > 0, ...when }
    )
    const address = position === undefined ? undefined : pool.nth(position)
    if (position === undefined || address === undefined) break
    if (!avoid.has(address)) {
      holdPosition(tx, network, position, address, request.vm)
      return address
    }
    start = (position + 1) % pool.size
  }
  throw exhausted(request.network, lingering(tx, network, when.alive))
}

/** Pools that were worked out before; several networks, each asked for again and again. */
const pools = new Map<string, Ipv4Pool>()
const mostPools = 64

/** The pool of a validated network. */
export const poolOf = (spec: NetworkSpec): Ipv4Pool => {
  const key = JSON.stringify([spec.subnet, spec.gateway, spec.exclude])
  const known = pools.get(key)
  if (known !== undefined) return known
  const pool = Result.getOrThrow(makeIpv4Pool(poolInput(spec)))
  if (pools.size >= mostPools) pools.clear()
  pools.set(key, pool)
  return pool
}

/** SHA-256 of the VM's name, so that a VM keeps its address from one run to the next while nobody else has it. */
const stickyStart = (pool: Ipv4Pool, network: string, vm: string): number => {
  const bytes = digest(["address", network, vm])
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) % Math.max(pool.size, 1)
}

const holdRequested = (
  tx: Tx,
  pool: Ipv4Pool,
  request: AttachRequest,
  address: string,
  { alive }: AddressOptions
): string => {
  const { network } = request.network
  const position = pool.indexOf(address)
  if (position === undefined) throw notForGuests(pool, request, address)
  const holder = positionHolder(tx, network, position)
  if (holder !== undefined) throw addressInUse(request, address, holder)
  const left = lingeringOn(tx, network, position, { vm: request.vm, alive })
  if (left !== undefined) throw stillUsed(request, address, left)
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

/** `--owner-pid` said that the address is that process's: what was taken down is what vmnet had made for it. */
const stillUsed = (request: AttachRequest, address: string, { vm, owner }: Lingering): VmnetError =>
  new VmnetError({
    code: "ADDRESS_IN_USE",
    detail: `address ${address} asked for ${request.vm} was given back by ${vm}, but its owner, process ${owner.pid}, still runs`,
    hint: `End process ${owner.pid}, or choose another ${request.network.links === undefined ? "--ip" : "--slot"}.`,
    details: { vm: request.vm, address, holder: vm, pid: owner.pid }
  })

const exhausted = ({ network, subnet }: NetworkSpec, left: ReadonlyArray<Lingering>): VmnetError => {
  const runs = left.slice(0, 3).map(({ owner, vm }) => `process ${owner.pid} of ${vm}`)
  const kept = runs.length === 0 ? "" : `; addresses given back wait for ${runs.join(", ")} to end`
  return new VmnetError({
    code: "ADDRESS_EXHAUSTED",
    detail: `network ${network} has no free address left in ${subnet}${kept}`,
    hint: `Take VMs down (vmnet network show ${network}) or give the network a larger subnet.`,
    details: {
      network,
      subnet,
      ...(left.length > 0 && { running: left.map(({ owner, vm }) => ({ vm, pid: owner.pid })) })
    }
  })
}
