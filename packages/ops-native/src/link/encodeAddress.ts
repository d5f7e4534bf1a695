import { parsePrefix } from "@vmnet/ops-common"
import { flags } from "../netlink/message.ts"
import { addressHeader, attribute, creation, type Request, requestOf, rtm } from "../netlink/rtnetlink.ts"
import { ipv4 } from "../netlink/values.ts"

/** linux/if_addr.h */
export const ifa = { address: 1, local: 2 } as const

/** `RT_SCOPE_HOST` of linux/rtnetlink.h, what `ip` takes for loopback addresses where it is not told. */
const hostScope = 254

const attributesOf = (address: string) => [attribute(ifa.local, ipv4(address)), attribute(ifa.address, ipv4(address))]

/** Addresses that were found to be valid are all that comes here (`objectionToChange`). */
const parsed = (text: string) => parsePrefix(text) ?? { address: "0.0.0.0", length: 32 }

/** `ip address add $address dev $link`. */
export const addAddress = (index: number, text: string): Request => {
  const { address, length } = parsed(text)
  const scope = address.startsWith("127.") ? hostScope : 0
  return requestOf(rtm.newAddress, creation, addressHeader(index, length, scope), attributesOf(address))
}

/** `ip address delete $address dev $link`. */
export const deleteAddress = (index: number, text: string): Request => {
  const { address, length } = parsed(text)
  return requestOf(rtm.deleteAddress, 0, addressHeader(index, length), attributesOf(address))
}

/** `ip -4 address show`, of all links (0) or of one, which the kernel picks itself (`NETLINK_GET_STRICT_CHK`). */
export const listAddresses = (index = 0): Request => requestOf(rtm.getAddress, flags.dump, addressHeader(index), [])
