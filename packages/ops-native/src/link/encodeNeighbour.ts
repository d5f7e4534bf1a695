import { flags } from "../netlink/message.ts"
import { attribute, creation, neighbourHeader, type Request, requestOf, rtm } from "../netlink/rtnetlink.ts"
import { ipv4, mac, u32 } from "../netlink/values.ts"

/** linux/neighbour.h */
export const nda = { destination: 1, mac: 2, link: 8 } as const

/** `NUD_PERMANENT`: kept until somebody deletes it. */
export const permanent = 0x80
/** `NTF_PROXY`: an address answered for, not one that was found. */
export const proxy = 0x08

export interface NeighbourKey {
  readonly index: number
  readonly address: string
}

const newNeighbour = (how: number, { address, index, lladdr }: NeighbourKey & { readonly lladdr: string }): Request =>
  requestOf(rtm.newNeighbour, how, neighbourHeader(index, permanent), [
    attribute(nda.destination, ipv4(address)),
    attribute(nda.mac, mac(lladdr))
  ])

/** `ip neighbour add $address lladdr $mac dev $link nud permanent`. */
export const addNeighbour = (entry: NeighbourKey & { readonly lladdr: string }): Request =>
  newNeighbour(creation, entry)

/** `ip neighbour replace ...`: whatever is there. */
export const replaceNeighbour = (entry: NeighbourKey & { readonly lladdr: string }): Request =>
  newNeighbour(flags.create | flags.replace, entry)

/** `ip neighbour delete $address dev $link`. */
export const deleteNeighbour = ({ address, index }: NeighbourKey): Request =>
  requestOf(rtm.deleteNeighbour, 0, neighbourHeader(index, permanent), [attribute(nda.destination, ipv4(address))])

/** `ip neighbour get $address dev $link`. */
export const getNeighbour = ({ address, index }: NeighbourKey): Request =>
  requestOf(rtm.getNeighbour, 0, neighbourHeader(index, 0), [attribute(nda.destination, ipv4(address))])

/** `ip -4 neighbour show`, of all links or of one, which the kernel picks itself (`NETLINK_GET_STRICT_CHK`). */
export const listNeighbours = (index?: number): Request =>
  requestOf(
    rtm.getNeighbour,
    flags.dump,
    neighbourHeader(0, 0),
    index === undefined ? [] : [attribute(nda.link, u32(index))]
  )
