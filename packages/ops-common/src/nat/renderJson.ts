import { parsePrefix } from "../text/ipv4.ts"
import { families, type NftFamily, tableName } from "./layout.ts"
import { type Kind, type SetElement, specOf } from "./sets.ts"
import type { Command } from "./transaction.ts"

const jsonRange = (text: string): unknown => {
  const [first = "", last] = text.split("-")
  return last === undefined ? Number(first) : { range: [Number(first), Number(last)] }
}

const jsonPrefix = (text: string): unknown => {
  const prefix = parsePrefix(text)
  return prefix === undefined || !text.includes("/") ? text : { prefix: { addr: prefix.address, len: prefix.length } }
}

const jsonPart = (kind: Kind, text: string): unknown => {
  switch (kind) {
    case "prefix":
      return jsonPrefix(text)
    case "ports":
      return jsonRange(text)
    case "protocol":
    case "port":
    case "mark":
      return Number(text)
    case "verdict":
      return text.startsWith("goto ") ? { goto: { target: text.slice("goto ".length) } } : { [text]: null }
    default:
      return text
  }
}

const jsonExpression = (kinds: ReadonlyArray<Kind>, texts: ReadonlyArray<string>): unknown => {
  const parts = texts.map((text, at) => jsonPart(kinds[at] ?? "device", text))
  return parts.length === 1 ? parts[0] : { concat: parts }
}

const jsonElement = (install: string, { key, set, value }: SetElement, comment?: string) => {
  const spec = specOf(set)
  const val = jsonExpression(spec.key, key)
  const element = comment === undefined ? val : { elem: { val, comment } }
  const elem = [value.length === 0 || comment === undefined ? element : [element, jsonExpression(spec.value, value)]]
  return { element: { family: spec.family, table: tableName(install), name: set, elem } }
}

/** What JSON can say. */
type JsonCommand = Exclude<
  Command,
  { _tag: "CreateLayout" | "CreateSlotLayout" | "RestoreLayout" | "RestoreSlotLayout" }
>

/** Maps with concatenated data are declared in text only. */
const isJson = (command: Command): command is JsonCommand =>
  !["CreateLayout", "CreateSlotLayout", "RestoreLayout", "RestoreSlotLayout"].includes(command._tag)

const deleteTable = (install: string) => (family: NftFamily) => ({
  delete: { table: { family, name: tableName(install) } }
})

const jsonCommand = (install: string, command: JsonCommand): ReadonlyArray<unknown> => {
  switch (command._tag) {
    case "DeleteLayout":
      return families.map(deleteTable(install))
    case "DeleteSlotLayout":
      return [deleteTable(install)("inet")]
    case "Create":
      return [{ create: jsonElement(install, command.entry, command.owner) }]
    case "Add":
      return [{ add: jsonElement(install, command.entry) }]
    case "RequireAbsent":
      return [{ create: jsonElement(install, command.entry) }, { delete: jsonElement(install, command.entry) }]
    case "Delete":
      return [{ delete: jsonElement(install, command.entry) }]
  }
}

/**
 * A transaction as input of `nft -j -f -`, or `undefined` when it creates or restores a layout: that takes text, and text and JSON
 * cannot be one transaction.
 */
export const renderJson = (install: string, commands: ReadonlyArray<Command>): string | undefined => {
  const json: Array<unknown> = []
  for (const command of commands) {
    if (!isJson(command)) return undefined
    json.push(...jsonCommand(install, command))
  }
  return JSON.stringify({ nftables: json })
}
