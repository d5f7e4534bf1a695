import { hostNetns, type Netns } from "../ops/Netns.ts"
import type { NatElement } from "../ops/NatElement.ts"
import type { AttachRequest, NetworkSpec } from "../plan/AttachRequest.ts"
import type { Lease, PublishLease } from "../plan/Lease.ts"
import type { NatElementResource } from "../resource/Resource.ts"

/** Firewall elements that backends have alike, to plan with: in the host's own namespace unless told otherwise. */
export const natElement = (element: NatElement, netns: Netns = hostNetns): NatElementResource => ({
  kind: "NatElement",
  netns,
  element
})

/** What is said of a device that guests are behind: that it is ours to judge, and what its network allows. */
export const segmentElements = (
  spec: NetworkSpec,
  device: string,
  isolated: boolean
): ReadonlyArray<NatElementResource> => [
  natElement({ _tag: "Segment", device, isolated }),
  ...(spec.masquerade ? [natElement({ _tag: "Masquerade", device })] : []),
  ...(spec.hostAccess ? [natElement({ _tag: "HostAccess", device })] : [])
]

/** What a guest behind a device may open, by the address the host knows it under; its destinations come first. */
export const guestElements = (
  { egress }: AttachRequest,
  { address, mark }: Lease,
  device: string,
  netns: Netns = hostNetns
): ReadonlyArray<NatElementResource> => {
  const guest = (verdict: "all" | "listed" | "none") =>
    natElement({ _tag: "Guest", device, address, mark, egress: verdict }, netns)
  switch (egress._tag) {
    case "Internet":
      return [guest("all")]
    case "None":
      return [guest("none")]
    case "Allow":
      return [...egress.rules.map((rule) => natElement({ _tag: "Egress", address, ...rule }, netns)), guest("listed")]
  }
}

/** Ports of the host that lead to the guest's address. */
export const publishElements = (
  { address }: Lease,
  publish: ReadonlyArray<PublishLease>,
  netns: Netns = hostNetns
): ReadonlyArray<NatElementResource> =>
  publish.map((range) => natElement({ _tag: "Publish", guestAddress: address, ...range }, netns))
