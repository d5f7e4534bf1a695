import { hash } from "node:crypto"

/**
 * The one place that names `node:crypto`: names are derived inside ledger transactions, which are synchronous, and the
 * portable Web Crypto digest is not.
 *
 * SHA-256 over the parts, each preceded by its length in bytes (32 bits, big endian), so that no two lists of parts
 * give the same input: `["a", "bc"]` and `["ab", "c"]` differ.
 */
export const digest = (parts: ReadonlyArray<string>): Uint8Array => {
  const input = Buffer.alloc(parts.reduce((size, part) => size + 4 + Buffer.byteLength(part), 0))
  let at = 0
  for (const part of parts) {
    const bytes = input.write(part, at + 4)
    input.writeUInt32BE(bytes, at)
    at += 4 + bytes
  }
  return hash("sha256", input, "buffer")
}

/** RFC 4648 base 32 in lower case. */
const alphabet = "abcdefghijklmnopqrstuvwxyz234567"

/** The first `characters` characters of the digest in base 32, five bits each, most significant first. */
export const base32 = (bytes: Uint8Array, characters: number): string =>
  Array.from({ length: characters }, (_, index) => alphabet[bitsAt(bytes, index * 5)]).join("")

const bitsAt = (bytes: Uint8Array, bit: number): number => {
  const word = (bytes[bit >>> 3]! << 8) | (bytes[(bit >>> 3) + 1] ?? 0)
  return (word >>> (11 - (bit & 7))) & 31
}

export const hex = (bytes: Uint8Array, characters: number): string =>
  Array.from(bytes.subarray(0, Math.ceil(characters / 2)), (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .slice(0, characters)
