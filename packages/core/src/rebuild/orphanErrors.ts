import { VmnetError } from "../errors/VmnetError.ts"

const takeDown = (vms: ReadonlyArray<string>): string =>
  `Their traffic goes on as before. Take down what is in the way: vmnet down ${vms.slice(0, 5).join(" ")}`

const listed = (vms: ReadonlyArray<string>): string =>
  vms.length > 5 ? `${vms.slice(0, 5).join(", ")} and ${vms.length - 5} more` : vms.join(", ")

/** A verb that needs to know what was in the record that is lost. */
export const recordLost = (vm: string): VmnetError =>
  new VmnetError({
    code: "VM_CONFLICT",
    detail: `${vm} is there, but its record was lost with the ledger that it was in`,
    hint: `Its traffic goes on as before. Take it down: vmnet down ${vm}`,
    details: { vm, orphans: [vm] }
  })

export const orphanHasAddress = (vm: string, address: string, orphan: string): VmnetError =>
  new VmnetError({
    code: "ADDRESS_IN_USE",
    detail: `${vm}: ${address} is in use by ${orphan}, whose record was lost`,
    hint: takeDown([orphan]),
    details: { vm, address, holder: orphan, orphans: [orphan] }
  })

/** A network, or something else that several VMs share, of which nobody knows any more what it was made of. */
export const orphanShare = (key: string, orphans: ReadonlyArray<string>): VmnetError =>
  new VmnetError({
    code: "NETWORK_CONFLICT",
    detail: `${key} is in use by ${listed(orphans)}, whose record was lost`,
    hint: takeDown(orphans),
    details: { share: key, orphans }
  })

export const orphanSubnet = (network: string, orphans: ReadonlyArray<string>, cause: VmnetError): VmnetError =>
  new VmnetError({
    code: "NETWORK_CONFLICT",
    detail: `network ${network}: its addresses are in use by ${listed(orphans)}, whose record was lost`,
    hint: takeDown(orphans),
    details: { ...cause.details, network, orphans },
    cause
  })
