import { loadLibc } from "../ffi/foreign.ts"
import { attributeMap } from "./attributes.ts"
import { readText } from "./values.ts"

/** `NLMSGERR_ATTR_MSG` of linux/netlink.h: what the kernel says in words. */
const attrMessage = 1

/** What the kernel answered to a request it refused. */
export interface KernelError {
  /** Positive, as in errno(3). */
  readonly errno: number
  /** Its own words (`NETLINK_EXT_ACK`), or empty. */
  readonly words: string
}

/** `struct nlmsgerr`: the error (4 bytes, negative), the header of the request (16), with `NETLINK_CAP_ACK` attributes at once. */
export const decodeError = (payload: Uint8Array): KernelError | undefined => {
  if (payload.length < 4) return { errno: 22, words: "an error without a number" }
  const errno = -new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getInt32(0, true)
  if (errno === 0) return undefined
  return { errno, words: readText(attributeMap(payload.subarray(20)).get(attrMessage)) }
}

/** In the words of `ip`, so that whoever reads an error need not know how the kernel was asked. */
export const wordsOf = ({ errno, words }: KernelError): string =>
  words === "" ? `RTNETLINK answers: ${loadLibc().strerror(errno)}` : `Error: ${words.replace(/\.?$/, ".")}`
