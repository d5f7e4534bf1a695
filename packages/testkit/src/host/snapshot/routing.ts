import { type Entry, fact } from "./entry.ts"

const linesOf = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim().replaceAll(/\s+/g, " "))
    .filter((line) => line !== "")

/** State of the link below or of a timer, not of the route. */
const passing = / (?:linkdown|dead|offload|trap|rt_offload|expires \d+sec|age \d+sec|used \S+|users \d+)\b/g

/** The kernel adds it when it has made sure that the link-local address is unique, a second after the address. */
const linkLocal = /^local fe80:\S+ dev \S+ table local proto kernel/

/** Lines of `ip -oneline route show table all`, both families. */
export const routeEntries = (text: string): ReadonlyArray<Entry> =>
  linesOf(text)
    .filter((line) => !linkLocal.test(line))
    .map((line) => fact(line.replaceAll(passing, "")))

/** Lines of `ip rule show`, both families. The family is told, because most rules read the same in both. */
export const ruleEntries = (family: "v4" | "v6", text: string): ReadonlyArray<Entry> =>
  linesOf(text).map((line) => fact(`${family} ${line}`))

/** The kernel makes NOARP entries by itself for what needs no question: multicast, broadcast, loopback. */
const kernelMade = /^(?:ff[0-9a-f]{2}:|22[4-9]\.|23\d\.|127\.|255\.255\.255\.255|::1 |0\.0\.0\.0|:: |\S+ dev lo )/i

/**
 * Lines of `ip neigh show` for the states `permanent` and `noarp`, and of `ip neigh show proxy`: what somebody set. The
 * other states are what the host learned, and they come and go.
 */
export const neighbourEntries = (permanent: string, noarp: string, proxy: string): ReadonlyArray<Entry> => [
  ...linesOf(permanent).map((line) => fact(line)),
  ...linesOf(noarp)
    .filter((line) => !kernelMade.test(line))
    .map((line) => fact(line)),
  ...linesOf(proxy).map((line) => fact(line))
]
