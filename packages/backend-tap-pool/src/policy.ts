import {
  type EgressPolicy,
  hostNetns,
  type Lease,
  type NatElement,
  type NatElementResource,
  type PublishLease
} from "@vmnet/core"

export const natElement = (element: NatElement): NatElementResource => ({
  kind: "NatElement",
  netns: hostNetns,
  element
})

/** Who the guest behind its TAP is, and where it may go. */
export const guestResources = (policy: EgressPolicy, { address, device, mark }: Lease) => {
  const guest = (egress: "all" | "listed" | "none") => natElement({ _tag: "Guest", device, address, mark, egress })
  switch (policy._tag) {
    case "Internet":
      return [guest("all")]
    case "None":
      return [guest("none")]
    case "Allow":
      return [...policy.rules.map((rule) => natElement({ _tag: "Egress", address, ...rule })), guest("listed")]
  }
}

export const publishResources = (
  lease: Lease,
  publish: ReadonlyArray<PublishLease>
): ReadonlyArray<NatElementResource> =>
  publish.map((range) => natElement({ _tag: "Publish", guestAddress: lease.address, ...range }))
