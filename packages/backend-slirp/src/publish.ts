import {
  type AddressResource,
  type ForwardResource,
  type Lease,
  natElement,
  type NatElementResource,
  type PortForward,
  type PublishLease,
  type Resource
} from "@vmnet/core"
import { addressOfMark, uplinkAddress } from "./addresses.ts"
import { uplink } from "./links.ts"
import { netnsOf } from "./netnsOf.ts"

/**
 * Ports of the host are answered by the helper, which hands what comes in to the same ports of an address of the
 * namespace; there the firewall leads on to the guest. What leads through it has a mark, and ends with it, while the
 * helper's own connections stay open.
 *
 * One address is enough for ports on every address of the host. A port on one of them may be another's on another, so
 * that each of those ranges has an address for itself.
 */
const insideOf = ({ hostAddress, mark }: PublishLease): string =>
  hostAddress === null ? uplinkAddress : addressOfMark(mark)

export const elementsOf = (
  lease: Lease,
  publish: ReadonlyArray<PublishLease>,
  inside: (range: PublishLease) => string = insideOf
): ReadonlyArray<NatElementResource> =>
  publish.map((range) =>
    natElement({ _tag: "Publish", guestAddress: lease.address, ...range, hostAddress: inside(range) }, netnsOf(lease))
  )

export const addressesOf = (lease: Lease, publish: ReadonlyArray<PublishLease>): ReadonlyArray<AddressResource> =>
  publish
    .filter(({ hostAddress }) => hostAddress !== null)
    .map((range) => ({ kind: "Address", netns: netnsOf(lease), link: uplink, address: `${insideOf(range)}/32` }))

export const forwardsOf = (lease: Lease, publish: ReadonlyArray<PublishLease>): ReadonlyArray<ForwardResource> =>
  publish.map((range) => ({ kind: "Forward", netns: netnsOf(lease), forward: forwardTo(insideOf(range), range) }))

export const forwardTo = (inside: string, { count, hostAddress, hostPort, protocol }: PublishLease): PortForward => ({
  protocol,
  hostAddress: hostAddress ?? "0.0.0.0",
  hostPort,
  guestAddress: inside,
  guestPort: hostPort,
  count
})

/** In the order of making: nothing comes in before all that it meets is there, nor after it is gone. */
export const publishResources = (lease: Lease, publish: ReadonlyArray<PublishLease>): ReadonlyArray<Resource> => [
  ...elementsOf(lease, publish),
  ...addressesOf(lease, publish),
  ...forwardsOf(lease, publish)
]
