/** `struct nlmsghdr` of linux/netlink.h: length (4 bytes), type (2), flags (2), sequence (4), port (4). */
export interface Message {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly payload: Uint8Array
}

export const headerSize = 16

export const flags = {
  request: 0x1,
  ack: 0x4,
  dump: 0x300,
  replace: 0x100,
  excl: 0x200,
  create: 0x400,
  append: 0x800,
  /** `NLM_F_DUMP_INTR`: what is listed changed meanwhile. */
  interrupted: 0x10
} as const

/** Of a request for which more is asked than that: changes are acknowledged, listings end by themselves. */
export const requestFlags = (more: number): number =>
  (more & flags.dump) === flags.dump ? flags.request | more : flags.request | flags.ack | more

export const types = { error: 2, done: 3 } as const

export const encodeMessage = ({ flags, payload, sequence, type }: Message): Uint8Array => {
  const bytes = new Uint8Array(headerSize + payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags, true)
  view.setUint32(8, sequence, true)
  bytes.set(payload, headerSize)
  return bytes
}

/** The messages in what one `recv` gave; what is cut off ends the list. Payloads are views into `bytes`. */
export const decodeMessages = (bytes: Uint8Array): ReadonlyArray<Message> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: Array<Message> = []
  let at = 0
  while (at + headerSize <= bytes.length) {
    const size = view.getUint32(at, true)
    if (size < headerSize || at + size > bytes.length) break
    found.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      payload: bytes.subarray(at + headerSize, at + size)
    })
    at += (size + 3) & ~3
  }
  return found
}
