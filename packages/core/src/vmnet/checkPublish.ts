import { Effect } from "effect"
import { stepError } from "../errors/stepError.ts"
import { VmnetError } from "../errors/VmnetError.ts"
import { holdPorts, resetPorts } from "../allocator/ports.ts"
import { findLease } from "../ledger/LeaseRow.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { type BoundSocket, HostProbe } from "../ops/HostProbe.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"
import { lookAtHost } from "./hostFacts.ts"

/**
 * Refuses ports that the host cannot publish: another VM's, bound by a program of the host, or on an address the host
 * does not have. Ports of VMs come first: where a helper has them bound, that helper is no program of the host's.
 */
export const checkPublish = Effect.fnUntraced(function* (vm: string, specs: ReadonlyArray<PublishSpec>) {
  if (specs.length === 0) return
  const ledger = yield* Ledger
  yield* Effect.catchIf(
    ledger.rehearse(`look at ports for ${vm}`, (tx) => holdAll(tx, vm, specs)),
    ({ code }) => code === "PORT_IN_USE",
    (error) => Effect.flatMap(unlessEnded(error), Effect.fail)
  )
  yield* checkHostPorts(vm, specs)
})

/** The same without a look at other VMs' ports. */
export const checkHostPorts = Effect.fnUntraced(function* (vm: string, specs: ReadonlyArray<PublishSpec>) {
  if (specs.length === 0) return
  const probe = yield* HostProbe
  const sockets = yield* Effect.mapError(probe.sockets, (error) => stepError(vm, "look at the host's sockets", error))
  for (const spec of specs) {
    const socket = sockets.find((socket) => collides(spec, socket))
    if (socket !== undefined) return yield* portInUse(vm, spec, socket)
  }
  yield* checkAddresses(vm, specs)
})

/** A VM whose owner has ended holds its ports in vain. */
const unlessEnded = Effect.fnUntraced(function* (error: VmnetError) {
  const holder = `${error.details?.["holder"]}`
  const ledger = yield* Ledger
  const { alive } = yield* HostProbe
  const owner = yield* ledger.transact(`look up ${holder}`, (tx) => findLease(tx, holder)?.request.owner)
  if (owner === undefined || alive(owner)) return error
  return new VmnetError({
    code: error.code,
    detail: `${error.message}, whose owner has ended`,
    hint: `Run vmnet gc: it takes ${holder} down. Or publish another port, or another host address.`,
    details: { ...error.details },
    cause: error
  })
})

/** What is left of an attempt that failed has no port for good. */
const holdAll = (tx: Tx, vm: string, specs: ReadonlyArray<PublishSpec>): void => {
  if (findLease(tx, vm)?.state !== "active") resetPorts(tx, vm, [])
  for (const spec of specs) holdPorts(tx, vm, spec)
}

const collides = (spec: PublishSpec, socket: BoundSocket): boolean =>
  socket.protocol === spec.protocol &&
  socket.port >= spec.hostPort &&
  socket.port < spec.hostPort + spec.count &&
  (spec.hostAddress === null || socket.address === "0.0.0.0" || socket.address === spec.hostAddress)

const checkAddresses = Effect.fnUntraced(function* (vm: string, specs: ReadonlyArray<PublishSpec>) {
  const wanted = specs.map((spec) => spec.hostAddress).filter((address) => address !== null)
  if (wanted.every(isLoopback)) return
  const host = yield* lookAtHost(vm)
  const local = new Set(host.links.flatMap((link) => link.addresses.map((address) => address.split("/")[0]!)))
  const missing = wanted.find((address) => !isLoopback(address) && !local.has(address))
  if (missing !== undefined) {
    return yield* new VmnetError({
      code: "BAD_INPUT",
      detail: `${vm}: cannot publish on ${missing}: the host has no such address`,
      hint: `The host has ${[...local].join(", ")}; 0.0.0.0 stands for all of them.`,
      details: { vm, hostAddress: missing }
    })
  }
})

const isLoopback = (address: string): boolean => address.startsWith("127.")

const portInUse = (vm: string, spec: PublishSpec, socket: BoundSocket): VmnetError =>
  new VmnetError({
    code: "PORT_IN_USE",
    detail: `${vm}: host port ${socket.port}/${spec.protocol} is in use by a program of the host on ${socket.address}`,
    hint: `Find it with: ss -lnp 'sport = :${socket.port}', or publish another port.`,
    details: { vm, protocol: spec.protocol, port: socket.port, hostAddress: socket.address, holder: null }
  })
