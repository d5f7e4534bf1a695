import { type FoundElement, keyOf, type SetElement } from "@vmnet/ops-common"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { decodeError } from "../netlink/KernelError.ts"
import { attributeMap } from "../netlink/attributes.ts"
import { type Message, types } from "../netlink/message.ts"
import type { Answer } from "../netlink/NetlinkSocket.ts"
import { readBe32, readText } from "../netlink/values.ts"
import { getElement, getSets } from "./elementRequests.ts"
import { getGeneration, messages, nfgenmsgSize } from "./nfnetlink.ts"
import type { NftSocket } from "./NftSocket.ts"
import { readElement } from "./readElement.ts"

/** So many answers wait in a socket's buffer as it is made. */
const atOnce = 64
const attempts = 8
const ENOENT = 2
const EIO = 5

/** `NFTA_GEN_ID` */
const attrGeneration = 1

const found = (wanted: SetElement, { payload, type }: Message): ReadonlyArray<FoundElement> => {
  if (type !== types.error) return [readElement(wanted, payload) ?? []].flat()
  const errno = decodeError(payload)?.errno ?? 0
  if (errno === ENOENT) return []
  throw new SystemCallError(`get element of ${wanted.set}`, errno)
}

const generationIn = ({ payload, type }: Message): number => {
  const number = readBe32(attributeMap(payload.subarray(nfgenmsgSize)).get(attrGeneration))
  if (type !== messages.newGeneration || number === undefined) throw new SystemCallError("get generation", EIO)
  return number
}

const askAll = (socket: NftSocket, install: string, wanted: ReadonlyArray<SetElement>): Read<FoundElement> => {
  const entries: Array<FoundElement> = []
  for (let at = 0; ; at += atOnce) {
    const some = wanted.slice(at, at + atOnce)
    const isLast = at + atOnce >= wanted.length
    const requests = some.map((entry) => getElement(install, entry))
    const answers = socket.ask(isLast ? [...requests, getGeneration] : requests)
    entries.push(...some.flatMap((entry, place) => found(entry, answers[place]!)))
    if (isLast) return { value: entries, generation: generationIn(answers.at(-1)!) }
  }
}

/** What was read, and of which generation the ruleset was right after it. */
interface Read<A> {
  readonly value: ReadonlyArray<A>
  readonly generation: number
}

/**
 * What `read` reads of one generation of the ruleset: every transaction up to it was done when it began, and none was when it
 * ended. `undefined` where others changed the ruleset again and again meanwhile.
 */
const inOneGeneration = <A>(socket: NftSocket, read: () => Read<A>): ReadonlyArray<A> | undefined => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const before = socket.generation()
    // The number goes up before all of a transaction can be seen: who made this one has to be through with it.
    if (!socket.settled(before)) continue
    const { generation, value } = read()
    if (generation === before) return value
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
  inOneGeneration(socket, () => ({
    value: namesIn(socket.list(getSets(install))),
    generation: socket.generation()
  }))
