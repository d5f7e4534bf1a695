import { type Command, families, type NftOutcome, onlyIndex } from "@vmnet/ops-common"
import { loadLibc } from "../ffi/foreign.ts"
import { addBare, createBare, createElement, deleteElement, deleteTable } from "./elementRequests.ts"
import type { Request } from "./nfnetlink.ts"
import { asksAgain, type NftSocket, type Refusal } from "./NftSocket.ts"

/** What is no more than messages about elements and tables that go: layouts are text, which is for libnftables to read. */
export type RawCommand = Exclude<
  Command,
  { _tag: "CreateLayout" | "CreateSlotLayout" | "RestoreLayout" | "RestoreSlotLayout" }
>

export const isRaw = (command: Command): command is RawCommand =>
  !["CreateLayout", "CreateSlotLayout", "RestoreLayout", "RestoreSlotLayout"].includes(command._tag)

export const requestsOf = (install: string, command: RawCommand): ReadonlyArray<Request> => {
  switch (command._tag) {
    case "Create":
      return [createElement(install, command.entry, command.owner)]
    case "Add":
      return [addBare(install, command.entry)]
    case "RequireAbsent":
      return [createBare(install, command.entry), deleteElement(install, command.entry)]
    case "Delete":
      return [deleteElement(install, command.entry)]
    case "DeleteLayout":
      return families.map((family) => deleteTable(install, family))
    case "DeleteSlotLayout":
      return [deleteTable(install, "inet")]
  }
}

/** A transaction as messages, and for each the index of the change it comes from. */
export interface RawTransaction {
  readonly requests: ReadonlyArray<Request>
  readonly indexes: ReadonlyArray<number>
  /** The index of the change all of them come from, where it is but one. */
  readonly only: number | undefined
}

/** `undefined` where a layout is made that nobody knows the messages of. */
export const asMessages = (
  install: string,
  commands: ReadonlyArray<Command>,
  slotTable: () => ReadonlyArray<Request> | undefined
): RawTransaction | undefined => {
  const each: Array<{ readonly request: Request; readonly index: number }> = []
  for (const command of commands) {
    const { _tag, index } = command
    const requests = isRaw(command)
      ? requestsOf(install, command)
      : _tag === "CreateSlotLayout"
        ? slotTable()
        : undefined
    if (requests === undefined) return undefined
    each.push(...requests.map((request) => ({ request, index })))
  }
  return {
    requests: each.map(({ request }) => request),
    indexes: each.map(({ index }) => index),
    only: onlyIndex(commands)
  }
}

/** As `nft -j` says it, one line for each refused command: whoever reads an error need not know how the kernel was asked. */
const inWords = (refusals: ReadonlyArray<Refusal>): string =>
  refusals.map(({ errno }) => `Error: Could not process rule: ${loadLibc().strerror(errno)}\n`).join("")

const attempts = 8

/** `undefined` when the kernel, asked again and again, still wants to be asked again. */
export const commitRaw = (socket: NftSocket, transaction: RawTransaction): NftOutcome | undefined => {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const refusals = socket.commit(transaction.requests)
    const [first] = refusals
    if (first === undefined) return { ok: true }
    if (refusals.some(asksAgain)) continue
    return { ok: false, stderr: inWords(refusals), index: transaction.indexes[first.at] ?? transaction.only }
  }
  return undefined
}
