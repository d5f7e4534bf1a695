import { hostNetns, type Lease, natElementKey, netnsKey, namedNetns, type Resource } from "@vmnet/core"
import type { KernelSnapshot } from "@vmnet/testkit"
import type { LedgerView, RecordedResource } from "./ledgerView.ts"
import { type Model, samePorts } from "./Model.ts"
import { install } from "./Machine.ts"

/** The ledger has what the model has, and nothing twice. */
export const compareLedger = (model: Model, view: LedgerView): ReadonlyArray<string> => {
  const complaints: Array<string> = []
  for (const name of new Set([...model.vms.keys(), ...view.vms.keys()])) {
    const [vm, row] = [model.vms.get(name), view.vms.get(name)]
    if (vm === undefined) complaints.push(`${name} is ${row!.state} on record and should not be there`)
    else if (row === undefined) complaints.push(`${name} should be ${vm.state} and is not on record`)
    else if ((row.state === "active") !== (vm.state === "active")) complaints.push(`${name} is ${row.state}`)
    else if (row.lease.generation !== vm.generation) complaints.push(`${name} has another generation`)
    else if (row.lease.address !== vm.address) complaints.push(`${name} has another address`)
    else if (vm.state === "active") complaints.push(...comparePorts(name, vm, row.lease, view))
  }
  return [...complaints, ...twice([...view.vms.values()].map(({ lease }) => lease))]
}

const comparePorts = (
  name: string,
  vm: { readonly publish: ReadonlySet<number>; readonly unfinished: boolean },
  lease: Lease,
  { ports }: LedgerView
): ReadonlyArray<string> => {
  const published = new Set(lease.publish.map(({ hostPort }) => hostPort))
  if (!samePorts(published, vm.publish)) return [`${name} publishes ${[...published].join(" ")}`]
  const held = new Set([...ports].flatMap(([port, holder]) => (holder === name ? [port] : [])))
  const isHeld = [...published].every((port) => held.has(port))
  return isHeld && (vm.unfinished || held.size === published.size) ? [] : [`${name} holds ${[...held].join(" ")}`]
}

/** Nobody has what is another's. */
const twice = (leases: ReadonlyArray<Lease>): ReadonlyArray<string> => {
  const seen = new Map<string, string>()
  const complaints: Array<string> = []
  for (const { address, device, mac, mark, network, publish, vm } of leases) {
    const isInside = network.network === "user"
    const macs = isInside || network.network === "slots" ? [] : [`MAC ${mac}`]
    const addresses = isInside ? [] : [`${address} of ${network.network}`]
    const marks = [mark, ...publish.map((range) => range.mark)].map((one) => `mark ${one}`)
    for (const thing of [
      ...addresses,
      ...macs,
      ...marks,
      `device ${device}`,
      ...publish.map((one) => `port ${one.hostPort}`)
    ]) {
      if (seen.has(thing)) complaints.push(`${thing} is ${vm}'s and ${seen.get(thing)}'s`)
      seen.set(thing, vm)
    }
  }
  return complaints
}

/** Where things are, by namespace: links with their tags, elements with theirs, names. */
interface Standing {
  readonly links: ReadonlyMap<string, string>
  readonly elements: ReadonlyMap<string, string>
  readonly places: ReadonlySet<string>
}

const standing = (kernel: KernelSnapshot): Standing => {
  const links = new Map<string, string>()
  const elements = new Map<string, string>()
  for (const [place, { links: all, nat }] of Object.entries(kernel)) {
    for (const { link, alias } of all) links.set(`${place} ${link}`, alias ?? "")
    for (const { element, owner } of nat.elements) elements.set(`${place} ${natElementKey(element)}`, owner)
  }
  return { links, elements, places: new Set(Object.keys(kernel)) }
}

/** Whether an object on record stands where it should, with the tag it should have; what is not looked at is believed. */
const stands = ({ elements, links, places }: Standing, resource: Resource, owner: string): boolean => {
  if (resource.netns._tag === "Helper") return true
  const at = netnsKey(resource.netns)
  switch (resource.kind) {
    case "Bridge":
    case "Tap":
    case "Veth":
      return links.get(`${at} ${resource.link}`) === owner
    case "NatElement":
      return elements.get(`${at} ${natElementKey(resource.element)}`) === owner
    case "Netns":
      return places.has(netnsKey(namedNetns(resource.name)))
    default:
      return true
  }
}

/** Every object of what is up is there, and nothing with our tag is there that nobody has on record. */
export const compareKernel = (
  model: Model,
  kernel: KernelSnapshot,
  resources: ReadonlyArray<RecordedResource>
): ReadonlyArray<string> => {
  const found = standing(kernel)
  const isWhole = (subject: string) => subject.startsWith("@") || model.vms.get(subject)?.damaged === false
  const missing = resources.flatMap(({ isDue, owner, resource, subject }) => {
    const matters = isDue && isWhole(subject) && model.vms.get(subject)?.state !== "left"
    return matters && !stands(found, resource, owner)
      ? [`${resource.kind} ${JSON.stringify(resource)} of ${subject} is not there`]
      : []
  })
  const owners = new Set(resources.map(({ owner }) => owner))
  const tagged = [...found.links, ...found.elements].filter(([, owner]) => owner.startsWith(`vmnet:${install}:`))
  const leaked = tagged.flatMap(([what, owner]) => (owners.has(owner) ? [] : [`${what} of ${owner} is nobody's`]))
  const layout = kernel[netnsKey(hostNetns)]!.nat.layout
  return layout === "altered" ? [...missing, ...leaked, "the firewall layout is altered"] : [...missing, ...leaked]
}
