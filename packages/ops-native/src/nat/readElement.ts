import { type FoundElement, isIntervalSet, isMap, type SetElement, specOf } from "@vmnet/ops-common"
import { attributeMap } from "../netlink/attributes.ts"
import { readText } from "../netlink/values.ts"
import { dataAttrs, elementAttrs, listAttrs } from "./elementAttributes.ts"
import { nfgenmsgSize } from "./nfnetlink.ts"
import { decodeParts, encodeParts } from "./parts.ts"
import { decodeVerdict } from "./verdict.ts"

type Attributes = ReadonlyMap<number, Uint8Array>

const inside = (attributes: Attributes | undefined, type: number): Attributes | undefined => {
  const bytes = attributes?.get(type)
  return bytes === undefined ? undefined : attributeMap(bytes)
}

/** `NFTNL_UDATA_SET_ELEM_COMMENT` among what tools leave for themselves: type (1 byte), length (1), value. */
const commentIn = (userdata: Uint8Array = new Uint8Array()): string => {
  for (let at = 0; at + 2 <= userdata.length;) {
    const [type = 0, size = 0] = userdata.subarray(at, at + 2)
    if (type === 0) return readText(userdata.subarray(at + 2, at + 2 + size))
    at += 2 + size
  }
  return ""
}

const dataIn = ({ set }: SetElement, element: Attributes): ReadonlyArray<string> | undefined => {
  if (!isMap(set)) return []
  const data = inside(element, elementAttrs.data)
  const verdict = data?.get(dataAttrs.verdict)
  if (specOf(set).value[0] === "verdict") {
    const text = verdict === undefined ? undefined : decodeVerdict(verdict)
    return text === undefined ? undefined : [text]
  }
  return decodeParts(specOf(set).value, data?.get(dataAttrs.value) ?? new Uint8Array())
}

const isSame = (one: Uint8Array | undefined, other: Uint8Array): boolean =>
  one !== undefined && Buffer.compare(one, other) === 0

/**
 * Whether the answer is about the very entry: asked for an interval, the kernel answers with any that its lower ends are in
 * (`nft_pipapo_get`). No other can hide it there: an interval whose lower ends are in another one is refused (ENOTEMPTY).
 */
const isIt = ({ key, set }: SetElement, element: Attributes): boolean => {
  const kinds = specOf(set).key
  const valueIn = (type: number) => inside(element, type)?.get(dataAttrs.value)
  return (
    isSame(valueIn(elementAttrs.key), encodeParts(kinds, key)) &&
    (!isIntervalSet(set) || isSame(valueIn(elementAttrs.keyEnd), encodeParts(kinds, key, true)))
  )
}

/**
 * The entry that was asked for as it is found in the kernel's answer (`NFT_MSG_NEWSETELEM`), or `undefined`: it is another
 * one, or its data are of a kind that no layout of ours has.
 */
export const readElement = (wanted: SetElement, payload: Uint8Array): FoundElement | undefined => {
  const list = inside(attributeMap(payload.subarray(nfgenmsgSize)), listAttrs.elements)
  const element = inside(list, 1)
  if (element === undefined || !isIt(wanted, element)) return undefined
  const value = dataIn(wanted, element)
  const { key, set } = wanted
  return value === undefined ? undefined : { set, key, value, comment: commentIn(element.get(elementAttrs.userdata)) }
}
