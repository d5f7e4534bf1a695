import type { TableUse } from "../../ops/HostSurvey.ts"
import { type Check, ok, problem, type Said, warning, whenSeen } from "../Check.ts"

interface Words {
  readonly what: string
  readonly full: string
  readonly grow: (max: number) => string
}

const share = (part: number, whole: number): number => Math.floor((part / whole) * 100)

/** Over 80 % a burst fills it; over 95 % it is full for whoever comes next. */
const headroom = ({ max, used }: TableUse, { full, grow, what }: Words): ReadonlyArray<Said> => {
  const details = { used, max }
  if (max === null || max === 0) return [ok(`this kernel or container shows no bound of ${what}`, details)]
  if (used === null) return [ok(`${what} has room for ${max} entries`, details)]
  const message = `${what} is ${share(used, max)} % full (${used} of ${max})`
  if (used < max * 0.8) return [ok(message, details)]
  return [(used < max * 0.95 ? warning : problem)(`${message}: ${full}`, grow(max * 2), details)]
}

export const conntrack: Check = {
  id: "conntrack",
  diagnose: ({ conntrack }) =>
    whenSeen(conntrack, "the table of connections", (use) =>
      headroom(use, {
        what: "the table of connections (conntrack)",
        full: "when it is full, new connections are dropped",
        grow: (max) => `sysctl -w net.netfilter.nf_conntrack_max=${max}`
      })
    )
}

/** One table for the whole machine, whatever the namespace: what one guest's network fills is missing everywhere. */
export const neighbours: Check = {
  id: "neighbours",
  diagnose: ({ neighbours }) =>
    whenSeen(neighbours, "the neighbour table", (use) =>
      headroom(use, {
        what: "the neighbour table (ARP)",
        full: "when it is full, the host itself finds no new neighbour",
        grow: (max) => `sysctl -w net.ipv4.neigh.default.gc_thresh3=${max} net.ipv4.neigh.default.gc_thresh2=${max / 2}`
      })
    )
}
