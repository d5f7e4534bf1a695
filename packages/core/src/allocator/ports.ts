import { VmnetError } from "../errors/VmnetError.ts"
import type { Tx } from "../ledger/Ledger.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"

/** The host column of a port published on every address. */
const everyAddress = "*"

/** Reserves the host ports of a publish. A port on every address conflicts with the same port on any one address. */
export const holdPorts = (tx: Tx, vm: string, spec: PublishSpec): void => {
  const host = spec.hostAddress ?? everyAddress
  const last = spec.hostPort + spec.count - 1
  const taken = tx.get<{ vm: string; port: number; host: string }>(
    `SELECT vm, port, host FROM ports
     WHERE protocol = ?1 AND port BETWEEN ?2 AND ?3 AND (host = ?4 OR host = '*' OR ?4 = '*') LIMIT 1`,
    spec.protocol,
    spec.hostPort,
    last,
    host
  )
  if (taken !== undefined) throw portTaken(vm, spec, taken)
  for (let port = spec.hostPort; port <= last; port++) {
    tx.run("INSERT INTO ports (protocol, port, host, vm) VALUES (?, ?, ?, ?)", spec.protocol, port, host, vm)
  }
}

export const releasePorts = (tx: Tx, vm: string, spec: PublishSpec): void =>
  tx.run(
    "DELETE FROM ports WHERE vm = ? AND protocol = ? AND host = ? AND port BETWEEN ? AND ?",
    vm,
    spec.protocol,
    spec.hostAddress ?? everyAddress,
    spec.hostPort,
    spec.hostPort + spec.count - 1
  )

/** Releases every port of a VM but those it publishes. */
export const resetPorts = (tx: Tx, vm: string, published: ReadonlyArray<PublishSpec>): void => {
  tx.run("DELETE FROM ports WHERE vm = ?", vm)
  for (const spec of published) holdPorts(tx, vm, spec)
}

const portTaken = (vm: string, spec: PublishSpec, taken: { vm: string; port: number; host: string }): VmnetError => {
  const host = taken.host === everyAddress ? "0.0.0.0" : taken.host
  return new VmnetError({
    code: "PORT_IN_USE",
    detail: `host port ${taken.port}/${spec.protocol} on ${host} is published by ${taken.vm === vm ? `${vm} already` : taken.vm}`,
    hint: `Publish another port, another host address, or run: vmnet unpublish ${taken.vm} ...`,
    details: { vm, protocol: spec.protocol, port: taken.port, hostAddress: host, holder: taken.vm }
  })
}
