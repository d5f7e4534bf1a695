import { Result } from "effect"
import { InterfaceName } from "../../names/InterfaceName.ts"
import { parsePrefix } from "../../net/Ipv4.ts"
import { findOverlap } from "../../net/Overlap.ts"
import type { RoutingFacts } from "../../ops/HostSurvey.ts"
import type { NetworkSpec } from "../../plan/AttachRequest.ts"
import { type Check, ok, type Said, warning, whenSeen } from "../Check.ts"

/** The prefix of a network that is on the host: its own, or that of its links. A somebody's bridge is there already. */
const onHost = (spec: NetworkSpec): string | undefined => {
  if (spec.bridge !== undefined) return undefined
  return spec.inside ? spec.links : spec.subnet
}

const judge = (spec: NetworkSpec, routes: RoutingFacts["routes"]): ReadonlyArray<Said> => {
  const subnet = onHost(spec)
  const prefix = subnet === undefined ? undefined : parsePrefix(subnet)
  if (prefix === undefined || Result.isFailure(prefix)) return []
  const overlap = findOverlap(prefix.success, { routes, addresses: [], networks: [] })
  if (overlap === undefined) return []
  return [
    warning(
      `network ${spec.network} cannot come up: ${overlap.problem}`,
      `in the configuration, give networks.${spec.network} another ${spec.inside ? "links" : "subnet"}, such as 10.222.0.0/24`,
      { network: spec.network, subnet, what: overlap.what }
    )
  ]
}

/** Networks whose subnet the host has another way to. What leads to devices that are named as ours is ours. */
export const subnets: Check = {
  id: "subnets",
  diagnose: ({ routing }, { networks }) =>
    whenSeen(routing, "the routes", (facts) => {
      const routes = facts.routes.filter(({ link }) => link === null || !InterfaceName.matches(link))
      const said = networks.flatMap((spec) => judge(spec, routes))
      if (said.length > 0) return said
      const details = { networks: networks.map(({ network }) => network) }
      return [ok("no route of the host leads to the subnets of vmnet's networks", details)]
    })
}
