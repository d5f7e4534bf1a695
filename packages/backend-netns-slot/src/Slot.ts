import {
  type AttachRequest,
  formatIpv4,
  type Lease,
  namedNetns,
  type Netns,
  type NetworkSpec,
  parsePrefix,
  slotOf
} from "@vmnet/core"
import { Result } from "effect"

/** A slot on paper: what its number fixes. */
export interface Slot {
  readonly number: number
  /** The name `ip netns` has for it, and where changes in it go. */
  readonly name: string
  readonly netns: Netns
  /** The two ends of the way between host and slot: the host's, and the slot's own. */
  readonly hostEnd: LinkEnd
  readonly slotEnd: LinkEnd
}

export interface LinkEnd {
  readonly link: string
  readonly mac: string
  readonly address: string
}

/** `vmnet-7` in the backend's own network, `vmnet-web-7` in another: networks number their slots each from 1 on. */
const prefixOf = ({ backend, network }: NetworkSpec): string => (network === backend ? "vmnet-" : `vmnet-${network}-`)

export const nameOfSlot = (network: NetworkSpec, number: number): string => `${prefixOf(network)}${number}`

export const numberOfName = (network: NetworkSpec, name: string): number | undefined => {
  const digits = name.startsWith(prefixOf(network)) ? name.slice(prefixOf(network).length) : ""
  return /^[1-9][0-9]{0,7}$/.test(digits) ? Number(digits) : undefined
}

/** The MACs are the same in every slot: no two of them meet on a segment. */
const [hostMac, slotMac] = ["02:fc:00:00:00:01", "02:fc:00:00:00:02"]

/** The slot of a lease. Both address plans have room for it, or it would not have been leased: a slot beyond is a defect. */
export const slotOfLease = ({ network: spec }: AttachRequest, lease: Lease): Slot => {
  const number = slotOf(spec.subnet, lease.address)
  const links = Result.getOrThrow(parsePrefix(spec.links!))
  const [first, last] = [links.base + 2 * number, links.base + 2 * number + 1]
  if (number < 1 || last >= links.base + 2 ** (32 - links.length)) {
    throw new RangeError(`slot ${number} is outside of links ${spec.links}`)
  }
  const name = nameOfSlot(spec, number)
  return {
    number,
    name,
    netns: namedNetns(name),
    hostEnd: { link: lease.device, mac: hostMac, address: formatIpv4(first) },
    slotEnd: { link: "eth0", mac: slotMac, address: formatIpv4(last) }
  }
}
