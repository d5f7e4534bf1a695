import { NetAddress } from "effect/net"

/** Payloads of attributes. Numbers of rtnetlink are in the byte order of the machine (all we run on are little endian). */
const text = new TextEncoder()
const texts = new TextDecoder("utf-8", { fatal: false })

export const u8 = (value: number): Uint8Array => Uint8Array.of(value)

export const u16 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(2)
  new DataView(bytes.buffer).setUint16(0, value, true)
  return bytes
}

export const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

/** In network byte order, as ports are. */
export const be16 = (value: number): Uint8Array => Uint8Array.of((value >>> 8) & 0xff, value & 0xff)

/** In network byte order, as nfnetlink has its numbers. */
export const be32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

export const zeroTerminated = (value: string): Uint8Array => text.encode(`${value}\0`)

/** Without a zero byte at its end: kinds and aliases of links go like that. */
export const plainText = (value: string): Uint8Array => text.encode(value)

export const readU32 = (bytes: Uint8Array | undefined): number | undefined =>
  bytes === undefined || bytes.length < 4
    ? undefined
    : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true)

export const readBe32 = (bytes: Uint8Array | undefined): number | undefined =>
  bytes === undefined || bytes.length < 4
    ? undefined
    : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0)

/** Up to the first zero byte; bytes that are no UTF-8 become U+FFFD. */
export const readText = (bytes: Uint8Array | undefined): string => {
  if (bytes === undefined) return ""
  const end = bytes.indexOf(0)
  return texts.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

export const ipv4 = (address: string): Uint8Array => Uint8Array.from(address.split("."), Number)

export const readIpv4 = (bytes: Uint8Array): string => bytes.subarray(0, 4).join(".")

/** Of 16 bytes, in the canonical form. */
export const readIpv6 = (bytes: Uint8Array): string => NetAddress.formatIp(NetAddress.ipv6FromBytesUnsafe(bytes))

export const mac = (address: string): Uint8Array =>
  Uint8Array.from(address.split(":"), (part) => Number.parseInt(part, 16))

export const readMac = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":")
