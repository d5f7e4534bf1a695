import { readFileSync } from "node:fs"

const files = { user: "/etc/passwd", group: "/etc/group" } as const

/** passwd(5) and group(5): the name first, the number third. */
const idIn = (file: string, name: string): number | undefined => {
  const line = file.split("\n").find((one) => one.startsWith(`${name}:`))
  const id = Number(line?.split(":")[2] ?? "none")
  return Number.isInteger(id) ? id : undefined
}

const lookUp = (kind: keyof typeof files, name: string): number | undefined => {
  try {
    return idIn(readFileSync(files[kind], "utf8"), name)
  } catch {
    return undefined
  }
}

/** A user or group by number or name; null for none, `undefined` for a name that is nobody's on this host's own list. */
export const idOf = (kind: keyof typeof files, value: unknown): number | null | undefined => {
  if (value === undefined) return null
  if (typeof value === "number") return value
  if (value === "root") return 0
  return typeof value === "string" ? lookUp(kind, value) : undefined
}
