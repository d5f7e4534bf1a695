import { isIntervalSet, type NftFamily, type SetElement, specOf, tableName } from "@vmnet/ops-common"
import { type Attribute, encodeAttributes, nested } from "../netlink/attributes.ts"
import { flags } from "../netlink/message.ts"
import { zeroTerminated } from "../netlink/values.ts"
import { elementAttrs, listAttrs } from "./elementAttributes.ts"
import { messages, type Request, request } from "./nfnetlink.ts"
import { encodeParts } from "./parts.ts"
import { verdictAttribute } from "./verdict.ts"

const nest = (type: number, ...attributes: ReadonlyArray<Attribute>): Attribute => ({
  type: type | nested,
  payload: encodeAttributes(attributes)
})

/** `NFTA_DATA_VALUE` */
const value = (payload: Uint8Array): Attribute => ({ type: 1, payload })

const keyOf = ({ key, set }: SetElement): ReadonlyArray<Attribute> => {
  const kinds = specOf(set).key
  const first = nest(elementAttrs.key, value(encodeParts(kinds, key)))
  return isIntervalSet(set) ? [first, nest(elementAttrs.keyEnd, value(encodeParts(kinds, key, true)))] : [first]
}

const dataOf = ({ set, value: texts }: SetElement): ReadonlyArray<Attribute> => {
  const kinds = specOf(set).value
  if (kinds.length === 0) return []
  const [first = ""] = texts
  return [nest(elementAttrs.data, kinds[0] === "verdict" ? verdictAttribute(first) : value(encodeParts(kinds, texts)))]
}

/** A comment as libnftnl writes it (`NFTNL_UDATA_SET_ELEM_COMMENT`): type 0, length, text, zero. */
const commentOf = (comment: string): Attribute => {
  const text = zeroTerminated(comment)
  return { type: elementAttrs.userdata, payload: Uint8Array.of(0, text.length, ...text) }
}

const about = (
  type: number,
  more: number,
  install: string,
  entry: SetElement,
  rest: ReadonlyArray<Attribute>
): Request =>
  request(type, specOf(entry.set).family, more, [
    { type: listAttrs.table, payload: zeroTerminated(tableName(install)) },
    { type: listAttrs.set, payload: zeroTerminated(entry.set) },
    nest(listAttrs.elements, nest(1, ...keyOf(entry), ...rest))
  ])

/** `create element ... { KEY comment "OWNER" : DATA }` */
export const createElement = (install: string, entry: SetElement, owner: string): Request =>
  about(messages.newElement, flags.create | flags.excl, install, entry, [...dataOf(entry), commentOf(owner)])

/** `create element ... { KEY }`, of a set. */
export const createBare = (install: string, entry: SetElement): Request =>
  about(messages.newElement, flags.create | flags.excl, install, entry, [])

/** `add element ... { KEY }`, of a set: nothing happens where it is there. */
export const addBare = (install: string, entry: SetElement): Request =>
  about(messages.newElement, flags.create, install, entry, [])

/** `delete element ... { KEY }` */
export const deleteElement = (install: string, entry: SetElement): Request =>
  about(messages.deleteElement, 0, install, entry, [])

/** `get element ... { KEY }`; the answer is a message like the one that made it, or ENOENT. */
export const getElement = (install: string, entry: SetElement): Request =>
  about(messages.getElement, 0, install, entry, [])

/** `NFTA_SET_TABLE` of a request for all sets: those of one table, without their elements. */
export const getSets = (install: string): Request =>
  request(messages.getSets, "inet", 0, [{ type: 1, payload: zeroTerminated(tableName(install)) }])

/** `delete table FAMILY NAME` */
export const deleteTable = (install: string, family: NftFamily): Request =>
  request(messages.deleteTable, family, 0, [{ type: 1, payload: zeroTerminated(tableName(install)) }])
