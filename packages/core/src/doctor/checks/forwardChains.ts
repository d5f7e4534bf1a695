import type { FirewallTable } from "../../ops/Firewall.ts"
import type { HostFacts } from "../../ops/HostSurvey.ts"
import { type Check, ok, problem, type Said, whenSeen } from "../Check.ts"
import { blockedAt, type Blocked } from "../firewall/blocked.ts"
import { acceptIn } from "../firewall/fixes.ts"
import { describeBlocked } from "../firewall/describe.ts"

const hasDockerUser = ({ table, family }: Blocked, tables: ReadonlyArray<FirewallTable>): boolean =>
  tables.some(
    (one) => one.table === table && one.family === family && one.chains.some((c) => c.chain === "DOCKER-USER")
  )

/** An accept of ours cannot win against a drop in another base chain: it has to be put where the drop is. */
const judge = (facts: HostFacts, tables: ReadonlyArray<FirewallTable>, legacy: boolean): ReadonlyArray<Said> => {
  const blocked = blockedAt("forward", facts, tables, legacy)
  if (blocked.length === 0) {
    return [
      ok(`${legacy ? "iptables-legacy" : "nft and iptables-nft"}: no forward chain drops what guests send or get`)
    ]
  }
  return blocked.map((one) =>
    problem(`${describeBlocked(one)} drops what guests send or get`, acceptIn(one, facts, hasDockerUser(one, tables)), {
      ...one
    })
  )
}

/** Who forwards guests' packets is asked last of all: other firewalls of the host, in all three layers. */
export const forwardChains: Check = {
  id: "forward-chains",
  diagnose: (facts) => [
    ...whenSeen(facts.nft, "the rules of nft and iptables-nft", (tables) => judge(facts, tables, false)),
    ...whenSeen(facts.legacy, "the rules of iptables-legacy", (tables) => judge(facts, tables, true))
  ]
}
