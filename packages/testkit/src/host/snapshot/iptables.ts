import { type Entry, fact } from "./entry.ts"

/** Entries of one `iptables-save`: chains with their policy, and rules in the order of their chain. */
export const iptablesEntries = (flavour: string, text: string): ReadonlyArray<Entry> => {
  const entries: Array<Entry> = []
  let table = ""
  for (const line of text.split("\n")) {
    const chain = /^:(\S+) (\S+)/.exec(line)
    const rule = /^-A (\S+)/.exec(line)
    if (line.startsWith("*")) table = line.slice(1)
    else if (chain)
      entries.push({ key: `${flavour} ${table} chain ${chain[1]}`, attributes: { policy: chain[2] ?? "" } })
    else if (rule) entries.push(fact(`${flavour} ${table} ${line.trim()}`, `${flavour} ${table} ${rule[1]}`))
  }
  return entries
}
