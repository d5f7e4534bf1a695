/** `struct nlattr` of linux/netlink.h: length with header (2 bytes), type (2), payload, padded to 4 bytes. */
export interface Attribute {
  readonly type: number
  readonly payload: Uint8Array
}

/** `NLA_F_NESTED` (0x8000) and `NLA_F_NET_BYTEORDER` (0x4000) are no part of the type. */
const typeMask = 0x3fff
export const nested = 0x8000

export const align = (size: number): number => (size + 3) & ~3

/** Attributes one after the other, as they stand in a message. */
export const encodeAttributes = (attributes: ReadonlyArray<Attribute>): Uint8Array => {
  const total = attributes.reduce((size, { payload }) => size + align(4 + payload.length), 0)
  const bytes = new Uint8Array(total)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { payload, type } of attributes) {
    view.setUint16(at, 4 + payload.length, true)
    view.setUint16(at + 2, type, true)
    bytes.set(payload, at + 4)
    at += align(4 + payload.length)
  }
  return bytes
}

/**
 * Visits the attributes in `bytes`, types without flags. What is cut off or says a length that cannot be ends the list: the
 * kernel never sends such, and whoever else does gets no say.
 */
const visit = (bytes: Uint8Array, each: (type: number, payload: Uint8Array) => void): void => {
  let at = 0
  while (at + 4 <= bytes.length) {
    const size = bytes[at]! | (bytes[at + 1]! << 8)
    if (size < 4 || at + size > bytes.length) break
    each((bytes[at + 2]! | (bytes[at + 3]! << 8)) & typeMask, bytes.subarray(at + 4, at + size))
    at += align(size)
  }
}

export const decodeAttributes = (bytes: Uint8Array): ReadonlyArray<Attribute> => {
  const found: Array<Attribute> = []
  visit(bytes, (type, payload) => found.push({ type, payload }))
  return found
}

/** The last attribute of each type, which is the one that counts. */
export const attributeMap = (bytes: Uint8Array): ReadonlyMap<number, Uint8Array> => {
  const found = new Map<number, Uint8Array>()
  visit(bytes, (type, payload) => found.set(type, payload))
  return found
}
