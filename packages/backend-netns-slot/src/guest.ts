/**
 * What every guest of this backend is to itself, so that one snapshot serves them all. The link-local block is RFC 3927's;
 * nothing of it is ever seen outside of the guest's own namespace.
 */
export const guest = {
  address: "169.254.0.21",
  gateway: "169.254.0.22",
  prefix: 30,
  mac: "02:fc:00:00:00:05",
  /** The gateway's end, pinned: a resumed guest has it in its neighbour table. */
  gatewayMac: "02:fc:00:00:00:06",
  device: "tap0"
} as const
