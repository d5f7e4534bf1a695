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

/** As `nft -j` says it, one line for each refused command: whoever reads an error need not know how the kernel was asked. */
const inWords = (refusals: ReadonlyArray<Refusal>): string =>
  refusals.map(({ errno }) => `Error: Could not process rule: ${loadLibc().strerror(errno)}\n`).join("")

const attempts = 8

/** `undefined` when the kernel, asked again and again, still wants to be asked again. */
export const commitRaw = (
  socket: NftSocket,
  install: string,
  commands: ReadonlyArray<RawCommand>
): NftOutcome | undefined => {
  const requests = commands.flatMap((command) =>
    requestsOf(install, command).map((request) => ({ request, index: command.index }))
  )
  for (let attempt = 0; attempt < attempts; attempt++) {
    const refusals = socket.commit(requests.map(({ request }) => request))
    const [first] = refusals
    if (first === undefined) return { ok: true }
    if (refusals.some(asksAgain)) continue
    return { ok: false, stderr: inWords(refusals), index: requests[first.at]?.index ?? onlyIndex(commands) }
  }
  return undefined
}
