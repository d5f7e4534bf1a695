/** Attributes of a link (linux/if_link.h), and of what is nested in them. */
export const ifla = {
  address: 1,
  name: 3,
  mtu: 4,
  master: 10,
  linkInfo: 18,
  alias: 20,
  afSpec: 26,
  group: 27,
  netnsFd: 28,
  extMask: 29
} as const

/** Within `IFLA_LINKINFO`. */
export const info = { kind: 1, data: 2, slaveKind: 4, slaveData: 5 } as const

/** Within `IFLA_INFO_DATA` of a veth: the peer, as a link message of its own. */
export const vethPeer = 1

/** Within `IFLA_INFO_DATA` of a TAP. */
export const tun = { owner: 1, group: 2 } as const

/** Within `IFLA_INFO_SLAVE_DATA` of a port of a bridge. */
export const port = { hairpin: 4, groupForwardMask: 31, isolated: 33 } as const

/** Within `IFLA_AF_SPEC`, `AF_INET6`: how a link makes itself an address, and the way not to. */
export const addressGeneration = 8
export const generateNone = 1

/** `RTEXT_FILTER_SKIP_STATS` of linux/rtnetlink.h: nobody here reads counters. */
export const skipStatistics = 8

/** Flags of a link (linux/if.h). */
export const up = 1
export const lowerUp = 0x1_0000
