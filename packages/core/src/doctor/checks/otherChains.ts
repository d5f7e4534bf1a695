import type { FirewallTable } from "../../ops/Firewall.ts"
import type { HostFacts } from "../../ops/HostSurvey.ts"
import { type Check, type DoctorContext, ok, problem, type Said, warning } from "../Check.ts"
import { blockedAt } from "../firewall/blocked.ts"
import { describeBlocked } from "../firewall/describe.ts"
import { acceptIn } from "../firewall/fixes.ts"

type Layer = readonly [tables: ReadonlyArray<FirewallTable>, legacy: boolean]

/** What could not be seen is said by `forward-chains` already. */
const layersOf = ({ legacy, nft }: HostFacts): ReadonlyArray<Layer> => [
  ...(nft._tag === "Seen" ? [[nft.value, false] as const] : []),
  ...(legacy._tag === "Seen" ? [[legacy.value, true] as const] : [])
]

const at = (hook: "input" | "prerouting", facts: HostFacts) =>
  layersOf(facts).flatMap(([tables, legacy]) => blockedAt(hook, facts, tables, legacy))

/** Before anything is routed: nothing of a guest's gets anywhere. */
export const preroutingChains: Check = {
  id: "prerouting-chains",
  diagnose: (facts) => {
    const blocked = at("prerouting", facts)
    if (blocked.length === 0)
      return layersOf(facts).length === 0 ? [] : [ok("no prerouting chain drops all that guests send")]
    return blocked.map((one) =>
      problem(`${describeBlocked(one)} drops all that guests send`, acceptIn(one, facts, false), { ...one })
    )
  }
}

const openToHost = ({ networks }: DoctorContext): ReadonlyArray<string> =>
  networks.filter(({ hostAccess }) => hostAccess).map(({ network }) => network)

/** What is for the host itself matters to the networks whose guests may reach it, and is as it should be for all others. */
export const inputChains: Check = {
  id: "input-chains",
  diagnose: (facts, context): ReadonlyArray<Said> => {
    const networks = openToHost(context)
    if (layersOf(facts).length === 0) return []
    if (networks.length === 0) return [ok("no network has hostAccess: what the host itself accepts does not matter")]
    const blocked = at("input", facts)
    if (blocked.length === 0)
      return [ok(`guests of ${networks.join(", ")} reach the host: no input chain drops it all`)]
    return blocked.map((one) =>
      warning(
        `${describeBlocked(one)} drops what guests of ${networks.join(", ")} (hostAccess) send to the host`,
        acceptIn({ ...one, owner: one.owner === "Docker" ? null : one.owner }, facts, false),
        { ...one, networks }
      )
    )
  }
}
