import { type FoundElement, keyOf, type SetElement } from "@vmnet/ops-common"
import { SystemCallError } from "../ffi/SystemCallError.ts"
import { decodeError } from "../netlink/KernelError.ts"
import { type Message, types } from "../netlink/message.ts"
import { getElement } from "./elementRequests.ts"
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
 * Those of the wanted entries that are there, each asked for by its key: the cost is that of the entries asked for, whatever
 * else is in their sets. All answers are of one generation of the ruleset: no transaction was under way before the
 * first and none since. `undefined` where others changed it again and again meanwhile.
 */
export const lookUp = (
  socket: NftSocket,
  install: string,
  wanted: ReadonlyArray<SetElement>
): ReadonlyArray<FoundElement> | undefined => {
  const each = [...new Map(wanted.map((entry) => [keyOf(entry), entry])).values()]
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (!socket.settled()) continue
    const generation = socket.generation()
    const entries = askAll(socket, install, each)
    if (socket.settled(generation)) return entries
  }
  return undefined
}
