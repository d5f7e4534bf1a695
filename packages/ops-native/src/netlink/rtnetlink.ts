import { type Attribute, encodeAttributes } from "./attributes.ts"
import { flags } from "./message.ts"

/** Types of messages, of linux/rtnetlink.h. */
export const rtm = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
  newRoute: 24,
  deleteRoute: 25,
  getRoute: 26,
  newNeighbour: 28,
  deleteNeighbour: 29,
  getNeighbour: 30
} as const

/** `AF_INET` and `AF_INET6` of linux/socket.h, which are types of attributes within `IFLA_AF_SPEC` too. */
export const inet = 2
export const inet6 = 10

/** `RT_TABLE_MAIN` of linux/rtnetlink.h. */
export const mainTable = 254

/** A request without its sequence number; its flags are those besides `NLM_F_REQUEST` and `NLM_F_ACK`. */
export interface Request {
  readonly type: number
  readonly flags: number
  readonly payload: Uint8Array
}

/** What `ip ... add` asks for: nothing of that identity may be there. */
export const creation = flags.create | flags.excl

export const requestOf = (
  type: number,
  flags: number,
  header: Uint8Array,
  attributes: ReadonlyArray<Attribute>
): Request => {
  const encoded = encodeAttributes(attributes)
  const payload = new Uint8Array(header.length + encoded.length)
  payload.set(header)
  payload.set(encoded, header.length)
  return { type, flags, payload }
}

export const attribute = (type: number, payload: Uint8Array): Attribute => ({ type, payload })

/** Attributes within an attribute; rtnetlink does not ask for `NLA_F_NESTED`, and `ip` does not set it. */
export const nest = (type: number, ...attributes: ReadonlyArray<Attribute>): Attribute => ({
  type,
  payload: encodeAttributes(attributes)
})

/** A header of fixed size, written by `write` into zeroes. */
const header = (size: number, write: (view: DataView) => void): Uint8Array => {
  const bytes = new Uint8Array(size)
  write(new DataView(bytes.buffer))
  return bytes
}

export const linkHeaderSize = 16

/** `struct ifinfomsg`: family, padding, type (2 bytes), index (4), flags (4), the flags to change (4). */
export const linkHeader = (index: number, flags = 0, changed = 0): Uint8Array =>
  header(linkHeaderSize, (view) => {
    view.setInt32(4, index, true)
    view.setUint32(8, flags, true)
    view.setUint32(12, changed, true)
  })

export const addressHeaderSize = 8

/** `struct ifaddrmsg`: family, prefix length, flags, scope, index (4 bytes). */
export const addressHeader = (index: number, prefixLength = 0, scope = 0): Uint8Array =>
  header(addressHeaderSize, (view) => {
    view.setUint8(0, inet)
    view.setUint8(1, prefixLength)
    view.setUint8(3, scope)
    view.setUint32(4, index, true)
  })

export const routeHeaderSize = 12

/** `struct rtmsg`: family, lengths of destination and source, TOS, table, protocol, scope, type, flags (4 bytes). */
export const routeHeader = (route: {
  readonly prefixLength: number
  readonly table: number
  readonly protocol: number
  readonly scope: number
  readonly kind: number
}): Uint8Array =>
  header(routeHeaderSize, (view) => {
    view.setUint8(0, inet)
    view.setUint8(1, route.prefixLength)
    view.setUint8(4, route.table)
    view.setUint8(5, route.protocol)
    view.setUint8(6, route.scope)
    view.setUint8(7, route.kind)
  })

export const neighbourHeaderSize = 12

/** `struct ndmsg`: family, padding (3 bytes), index (4), state (2), flags, type. */
export const neighbourHeader = (index: number, state: number): Uint8Array =>
  header(neighbourHeaderSize, (view) => {
    view.setUint8(0, inet)
    view.setInt32(4, index, true)
    view.setUint16(8, state, true)
  })
