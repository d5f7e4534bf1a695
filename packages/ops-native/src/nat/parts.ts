import { type Kind, parsePrefix } from "@vmnet/ops-common"
import { align } from "../netlink/attributes.ts"
import { be16, ipv4, mac, readIpv4, readMac, readText, readU32, u32, u8 } from "../netlink/values.ts"

/** `IFNAMSIZ` of linux/if.h: names of devices are compared whole, zeros included. */
const nameSize = 16

const deviceName = (name: string): Uint8Array => {
  const bytes = new Uint8Array(nameSize)
  new TextEncoder().encodeInto(name, bytes.subarray(0, nameSize - 1))
  return bytes
}

/** The last address of a network: all bits beyond the prefix are one. */
const lastOf = (address: Uint8Array, length: number): Uint8Array =>
  address.map((byte, at) => byte | (0xff >> Math.min(8, Math.max(0, length - 8 * at))))

const network = (text: string, end: boolean): Uint8Array => {
  const { address, length } = parsePrefix(text) ?? { address: "0.0.0.0", length: 0 }
  return end ? lastOf(ipv4(address), length) : ipv4(address)
}

const portOf = (text: string, end: boolean): Uint8Array => {
  const [first = "", last = first] = text.split("-")
  return be16(Number(end ? last : first))
}

/**
 * A part of a key or of data as the kernel compares it: addresses and ports in the byte order of packets, marks in that of
 * the machine. `end` is the other end of an interval; what is no interval ends where it begins.
 */
const encodePart = (kind: Kind, text: string, end: boolean): Uint8Array => {
  switch (kind) {
    case "device":
      return deviceName(text)
    case "ipv4":
      return ipv4(text)
    case "prefix":
      return network(text, end)
    case "protocol":
      return u8(Number(text))
    case "port":
    case "ports":
      return portOf(text, end)
    case "mac":
      return mac(text)
    case "mark":
      return u32(Number(text))
    case "verdict":
      // Verdicts are no bytes but attributes of their own: see `verdict.ts`.
      return new Uint8Array()
  }
}

/** The parts of a concatenation one after the other, each filled up to whole registers of 4 bytes. */
export const encodeParts = (kinds: ReadonlyArray<Kind>, texts: ReadonlyArray<string>, end = false): Uint8Array => {
  const parts = kinds.map((kind, at) => encodePart(kind, texts[at] ?? "", end))
  const bytes = new Uint8Array(parts.reduce((size, part) => size + align(part.length), 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += align(part.length)
  }
  return bytes
}

/** What is read back are the data of maps: a prefix or a range of ports is never among them. */
const readers: Readonly<Partial<Record<Kind, readonly [size: number, read: (bytes: Uint8Array) => string]>>> = {
  device: [nameSize, readText],
  ipv4: [4, readIpv4],
  protocol: [1, (bytes) => `${bytes[0]}`],
  port: [2, ([high = 0, low = 0]) => `${high * 256 + low}`],
  mac: [6, readMac],
  mark: [4, (bytes) => `${readU32(bytes)}`]
}

/** The inverse of `encodeParts`; `undefined` for what is of another length, which is not of our layout. */
export const decodeParts = (kinds: ReadonlyArray<Kind>, bytes: Uint8Array): ReadonlyArray<string> | undefined => {
  const texts: Array<string> = []
  let at = 0
  for (const kind of kinds) {
    const [size, read] = readers[kind] ?? []
    if (size === undefined || read === undefined || at + align(size) > bytes.length) return undefined
    texts.push(read(bytes.subarray(at, at + size)))
    at += align(size)
  }
  return at === bytes.length ? texts : undefined
}
