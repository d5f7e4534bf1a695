/** One `key=value` of a file of sections, as NetworkManager and systemd write them. */
export interface Entry {
  readonly section: string
  readonly key: string
  readonly value: string
}

/** Lines that are none (comments, damage) are left out. `key+=value` has a value that begins with `+`. */
export const parseKeyFile = (text: string): ReadonlyArray<Entry> => {
  let section = ""
  return text.split("\n").flatMap((raw) => {
    const line = raw.trim()
    const heading = /^\[(.*)\]$/.exec(line)
    if (heading !== null) {
      section = heading[1]!.trim()
      return []
    }
    const match = /^([^#;=][^=]*?)(\+?)\s*=\s*(.*)$/.exec(line)
    return match === null ? [] : [{ section, key: match[1]!.trim(), value: match[2]! + match[3]! }]
  })
}
