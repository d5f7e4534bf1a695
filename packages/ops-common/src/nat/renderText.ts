import { families, layoutText, retiredSets, tableName } from "./layout.ts"
import { restoreText } from "./restore.ts"
import { type Kind, type SetElement, type SetName, specOf } from "./sets.ts"
import { slotLayoutText } from "./slotLayout.ts"
import type { Command } from "./transaction.ts"

const textPart = (kind: Kind, text: string): string => (kind === "device" ? `"${text}"` : text)

const textExpression = (kinds: ReadonlyArray<Kind>, texts: ReadonlyArray<string>): string =>
  texts.map((text, at) => textPart(kinds[at] ?? "device", text)).join(" . ")

const target = (install: string, set: SetName): string => `${specOf(set).family} ${tableName(install)} ${set}`

const textElement = (install: string, { key, set, value }: SetElement, owner?: string): string => {
  const spec = specOf(set)
  const comment = owner === undefined ? "" : ` comment "${owner}"`
  const data = value.length === 0 || owner === undefined ? "" : ` : ${textExpression(spec.value, value)}`
  return `element ${target(install, set)} { ${textExpression(spec.key, key)}${comment}${data} }`
}

const textCommand = (install: string, command: Command): string => {
  switch (command._tag) {
    case "CreateLayout":
      return [...families.map((family) => `create table ${family} ${tableName(install)}`), layoutText(install)].join(
        "\n"
      )
    case "DeleteLayout":
      return families.map((family) => `delete table ${family} ${tableName(install)}`).join("\n")
    case "CreateSlotLayout":
      return `create table inet ${tableName(install)}\n${slotLayoutText(install)}`
    case "RestoreLayout":
      return restoreText(layoutText(install), retiredSets(install))
    case "RestoreSlotLayout":
      return restoreText(slotLayoutText(install))
    case "DeleteSlotLayout":
      return `delete table inet ${tableName(install)}`
    case "Create":
      return `create ${textElement(install, command.entry, command.owner)}`
    case "Add":
      return `add ${textElement(install, command.entry)}`
    case "RequireAbsent":
      return ["create", "delete"].map((verb) => `${verb} ${textElement(install, command.entry)}`).join("\n")
    case "Delete":
      return `delete ${textElement(install, command.entry)}`
  }
}

/** The same transaction as text, and for each of its lines the index of the change it comes from. */
export const renderText = (install: string, commands: ReadonlyArray<Command>) => {
  const blocks = commands.map((command) => ({ index: command.index, lines: textCommand(install, command).split("\n") }))
  return {
    text: `${blocks.flatMap(({ lines }) => lines).join("\n")}\n`,
    indexes: blocks.flatMap(({ index, lines }) => lines.map(() => index))
  }
}
