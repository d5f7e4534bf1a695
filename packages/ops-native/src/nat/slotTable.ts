import { renderText, tableName } from "@vmnet/ops-common"
import { flags } from "../netlink/message.ts"
import { inNewNetns } from "../netns/inNetns.ts"
import { messages, type Request } from "./nfnetlink.ts"
import { NftSocket } from "./NftSocket.ts"
import { output, runCommand, runDebugged } from "./nftContext.ts"
import { type DumpedMessage, readDump } from "./readDump.ts"

/** What nft sends with each kind of message. The table comes twice: first it is created, which it must not be there for. */
const flagsOf: Readonly<Record<number, number>> = {
  [messages.newTable]: 0,
  [messages.newSet]: flags.create,
  [messages.newChain]: flags.create,
  [messages.newRule]: flags.create | flags.append
}

const requestOf = ({ payload, type }: DumpedMessage, at: number): ReadonlyArray<Request> => {
  const more = flagsOf[type]
  if (more === undefined) return []
  return [{ type, payload, flags: flags.request | more | (at === 0 ? flags.excl : 0) }]
}

const listed = (install: string): string =>
  runCommand(`list table inet ${tableName(install)}`, output.json | output.numeric).stdout

/**
 * The messages that make a slot's table, as the installed libnftables encodes them, out of what it prints of them. Four fifths of the
 * time that loading the text takes are libnftables' own; the messages are the same every time. They are used only
 * if what becomes of them, in a namespace that nobody has, is what becomes of the text.
 */
const learn = (install: string): ReadonlyArray<Request> | undefined => {
  const { text } = renderText(install, [{ _tag: "CreateSlotLayout", index: 0 }])
  const loaded = inNewNetns(() => ({ dump: runDebugged(text), table: listed(install) }))
  const requests = readDump(loaded.dump.stdout)
    .filter(({ type }) => flagsOf[type] !== undefined)
    .flatMap(requestOf)
  if (!loaded.dump.ok || requests.length === 0) return undefined
  const same = inNewNetns(() => {
    using socket = new NftSocket()
    return socket.commit(requests).length === 0 && listed(install) === loaded.table
  })
  return same ? requests : undefined
}

/** To learn them takes as long as to load this many as text. */
const worthwhile = 8

/** Who makes a few slots loads text, who goes on making slots sends messages. */
export const slotTables = () => {
  const known = new Map<string, { loaded: number; requests?: ReadonlyArray<Request> | undefined }>()
  return (install: string): ReadonlyArray<Request> | undefined => {
    const state = known.get(install) ?? { loaded: 0 }
    known.set(install, state)
    // Once, whatever comes of it; text does for the rest. Only root makes namespaces without further ado.
    if (++state.loaded === worthwhile && process.geteuid?.() === 0) state.requests = attempted(install)
    return state.requests
  }
}

const attempted = (install: string): ReadonlyArray<Request> | undefined => {
  try {
    return learn(install)
  } catch {
    return undefined
  }
}
