import { parsePrefix } from "@vmnet/ops-common"
import { flags } from "../netlink/message.ts"
import { attribute, creation, mainTable, type Request, requestOf, routeHeader, rtm } from "../netlink/rtnetlink.ts"
import { ipv4, u32 } from "../netlink/values.ts"

/** linux/rtnetlink.h */
export const rta = { destination: 1, link: 4, gateway: 5, priority: 6, multipath: 9, table: 15, via: 18 } as const

const bootProtocol = 3
const unicast = 1
const scope = { universe: 0, link: 253, nowhere: 255 } as const

/** A route as changes name it; the link by its index. */
export interface RouteKey {
  readonly destination: string
  readonly via?: string
  readonly index: number
}

const prefixOf = (destination: string) =>
  (destination === "default" ? undefined : parsePrefix(destination)) ?? { address: "0.0.0.0", length: 0 }

const attributesOf = ({ destination, index, via }: RouteKey) => [
  ...(destination === "default" ? [] : [attribute(rta.destination, ipv4(prefixOf(destination).address))]),
  ...(via === undefined ? [] : [attribute(rta.gateway, ipv4(via))]),
  attribute(rta.link, u32(index))
]

/** `ip route add $destination via $via dev $link`: what has no gateway is on the link itself. */
export const addRoute = (route: RouteKey): Request => {
  const header = routeHeader({
    prefixLength: prefixOf(route.destination).length,
    table: mainTable,
    protocol: bootProtocol,
    scope: route.via === undefined ? scope.link : scope.universe,
    kind: unicast
  })
  return requestOf(rtm.newRoute, creation, header, attributesOf(route))
}

/** `ip route delete $destination via $via dev $link`, whoever made it. */
export const deleteRoute = (route: RouteKey): Request => {
  const prefixLength = prefixOf(route.destination).length
  const header = routeHeader({ prefixLength, table: mainTable, protocol: 0, scope: scope.nowhere, kind: 0 })
  return requestOf(rtm.deleteRoute, 0, header, attributesOf(route))
}

/** `ip route show`, or `ip route show dev $link`: the kernel picks them itself (`NETLINK_GET_STRICT_CHK`). */
export const listRoutes = (index?: number): Request =>
  requestOf(
    rtm.getRoute,
    flags.dump,
    routeHeader({ prefixLength: 0, table: 0, protocol: 0, scope: scope.universe, kind: 0 }),
    [attribute(rta.table, u32(mainTable)), ...(index === undefined ? [] : [attribute(rta.link, u32(index))])]
  )
