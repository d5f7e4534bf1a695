import type { Sizes } from "./holdings.ts"

/** Small networks that many VMs share, so that somebody is always refused. */
export const config = `networks:
  web:   { backend: bridge, subnet: 10.60.0.0/29, cooldown: 1 }
  slots: { backend: netns, subnet: 10.62.0.0/29, links: 10.63.0.0/28, cooldown: 1 }
  taps:  { backend: tap, subnet: 10.64.0.0/28, cooldown: 1, pool: { warm: 2, size: 3 } }
  user:  { backend: slirp }
  pair:  { backend: netns, subnet: 10.66.0.0/30, links: 10.67.0.0/29, cooldown: 0 }
  large: { backend: bridge, subnet: 10.68.0.0/22 }
  small: { backend: bridge, subnet: 10.72.0.0/28 }
`

/** The guests that each has an address for. */
export const sizes: Sizes = {
  web: { addresses: 5 },
  slots: { addresses: 7 },
  taps: { addresses: 13, pool: 3 },
  user: { addresses: Infinity },
  pair: { addresses: 2 },
  large: { addresses: 1021 },
  small: { addresses: 13 }
}

/** Which VMs are on a network, mostly. */
export const crowd: ReadonlyArray<readonly [network: string, vms: ReadonlyArray<string>]> = [
  ["web", ["web0", "web1", "web2", "web3", "web4", "web5", "web6", "web7"]],
  ["slots", ["slot0", "slot1", "slot2", "slot3", "slot4"]],
  ["taps", ["tap0", "tap1", "tap2", "tap3", "tap4"]],
  ["user", ["user0"]]
]
