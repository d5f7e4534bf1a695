import { type FoundElement, keyOf, type SetElement } from "@vmnet/ops-common"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { decodeError } from "../netlink/KernelError.ts"
import { attributeMap } from "../netlink/attributes.ts"
import { type Message, types } from "../netlink/message.ts"
import type { Answer } from "../netlink/NetlinkSocket.ts"
import { readText } from "../netlink/values.ts"
import { getElement, getSets } from "./elementRequests.ts"
import { nfgenmsgSize } from "./nfnetlink.ts"
import type { NftSocket } from "./NftSocket.ts"
import { readElement } from "./readElement.ts"

/** So many answers wait in a socket's buffer as it is made. */
const atOnce = 64
const attempts = 8
const ENOENT = 2

const found = (wanted: SetElement, { payload, type }: Message): ReadonlyArray<FoundElement> => {
  if (type !== types.error) return [readElement(wanted, payload) ?? []].flat()
  const errno = decodeError(payload)?.errno ?? 0
  if (errno === ENOENT) return []
  throw new SystemCallError(`get element of ${wanted.set}`, errno)
}

const askAll = (socket: NftSocket, install: string, wanted: ReadonlyArray<SetElement>): ReadonlyArray<FoundElement> => {
  const entries: Array<FoundElement> = []
  for (let at = 0; at < wanted.length; at += atOnce) {
    const some = wanted.slice(at, at + atOnce)
    const answers = socket.ask(some.map((entry) => getElement(install, entry)))
    entries.push(...answers.flatMap((answer, place) => found(some[place]!, answer)))
  }
  return entries
}

/**
 * What `read` reads of one generation of the ruleset: no transaction was under way before it began, and there was none until it
 * ended. `undefined` where others changed the ruleset again and again meanwhile.
 */
const inOneGeneration = <A>(socket: NftSocket, read: () => A): A | undefined => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (!socket.settled()) continue
    const generation = socket.generation()
    const answer = read()
    if (socket.settled(generation)) return answer
  }
  return undefined
}

/**
 * Those of the wanted entries that are there, each asked for by its key: the cost is that of the entries asked for, whatever
 * else is in their sets.
 */
export const lookUp = (
  socket: NftSocket,
  install: string,
  wanted: ReadonlyArray<SetElement>
): ReadonlyArray<FoundElement> | undefined => {
  const each = [...new Map(wanted.map((entry) => [keyOf(entry), entry])).values()]
  return inOneGeneration(socket, () => askAll(socket, install, each))
}

/** `NFTA_SET_NAME` */
const attrName = 2

const namesIn = ({ error, messages }: Answer): ReadonlyArray<string> => {
  if (error !== undefined && error.errno !== ENOENT) throw new SystemCallError("list sets", error.errno)
  return messages.map(({ payload }) => readText(attributeMap(payload.subarray(nfgenmsgSize)).get(attrName)))
}

/** The names of the sets in the install's own table, none where there is no table. */
export const setNames = (socket: NftSocket, install: string): ReadonlyArray<string> | undefined =>
  inOneGeneration(socket, () => namesIn(socket.list(getSets(install))))
