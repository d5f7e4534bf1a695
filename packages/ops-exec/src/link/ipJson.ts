import type { Link, Neighbour, Route } from "@vmnet/core"
import { isIpv4 } from "@vmnet/ops-common"
import { Schema } from "effect"
import { idOf } from "../text/ids.ts"

const text = Schema.optionalKey(Schema.String)

/** What a kind of link tells of itself; the parts that are of interest are looked at one by one. */
const Info = Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))

/** `ip -j -d address show`, the parts we read; `ip` prints `{}` for objects its own filter left out. */
const IpLink = Schema.Struct({
  ifname: text,
  ifindex: Schema.optionalKey(Schema.Finite),
  flags: Schema.optionalKey(Schema.Array(Schema.String)),
  mtu: Schema.optionalKey(Schema.Finite),
  address: text,
  ifalias: text,
  master: text,
  altnames: Schema.optionalKey(Schema.Array(Schema.String)),
  linkinfo: Schema.optionalKey(Schema.Struct({ info_kind: text, info_data: Info, info_slave_data: Info })),
  addr_info: Schema.optionalKey(
    Schema.Array(Schema.Struct({ family: text, local: text, prefixlen: Schema.optionalKey(Schema.Finite) }))
  )
})
type IpLink = typeof IpLink.Type

/** `ip -j -d route show`. A route over several next hops has them in `nexthops`. */
const hop = { dev: text, gateway: text, via: Schema.optionalKey(Schema.Struct({ host: Schema.String })) }
const IpRoute = Schema.Struct({
  ...hop,
  dst: Schema.String,
  metric: Schema.optionalKey(Schema.Finite),
  nexthops: Schema.optionalKey(Schema.Array(Schema.Struct(hop)))
})
type IpRoute = typeof IpRoute.Type

/** `ip -j neighbour show nud permanent`. */
const IpNeighbour = Schema.Struct({
  dst: Schema.String,
  dev: text,
  lladdr: text,
  state: Schema.optionalKey(Schema.Array(Schema.String))
})
type IpNeighbour = typeof IpNeighbour.Type

export const IpLinks = Schema.fromJsonString(Schema.Array(IpLink))
export const IpRoutes = Schema.fromJsonString(Schema.Array(IpRoute))
export const IpNeighbours = Schema.fromJsonString(Schema.Array(IpNeighbour))

/** Whether `name` names the link: its own name, or one of its alternative names, which are just as taken. */
export const isNamed = (link: IpLink, name: string): boolean =>
  link.ifname === name || (link.altnames ?? []).includes(name)

const addressesOf = (link: IpLink): ReadonlyArray<string> =>
  (link.addr_info ?? []).flatMap(({ family, local, prefixlen }) =>
    family === "inet" && local !== undefined && prefixlen !== undefined ? [`${local}/${prefixlen}`] : []
  )

export const toLinks = (observed: ReadonlyArray<IpLink>): ReadonlyArray<Link> =>
  observed.flatMap((link) =>
    link.ifname === undefined || link.ifindex === undefined
      ? []
      : [
          {
            link: link.ifname,
            index: link.ifindex,
            type: link.linkinfo?.info_kind ?? "",
            mac: link.address ?? "",
            mtu: link.mtu ?? 0,
            up: (link.flags ?? []).includes("UP"),
            alias: link.ifalias ?? "",
            master: link.master ?? null,
            addresses: addressesOf(link),
            ...(link.linkinfo?.info_slave_data?.["isolated"] === true && { isolated: true }),
            ...tapOwnerOf(link.linkinfo),
            ...(link.linkinfo?.info_kind === "tun" && { carrier: (link.flags ?? []).includes("LOWER_UP") })
          }
        ]
  )

/** `ip` names users and groups where it can, and gives a number where not; it says nothing where no one is named. */
const tapOwnerOf = (info: IpLink["linkinfo"]): Pick<Link, "owner"> => {
  if (info?.info_kind !== "tun") return {}
  const uid = idOf("user", info.info_data?.["user"])
  const gid = idOf("group", info.info_data?.["group"])
  return uid === undefined || gid === undefined ? {} : { owner: { uid, gid } }
}

const destinationOf = (dst: string): string => {
  if (dst === "default") return "0.0.0.0/0"
  return dst.includes("/") ? dst : `${dst}/32`
}

/** One route per next hop: what leaves through two uplinks is two routes with the same destination. */
export const toRoutes = (observed: ReadonlyArray<IpRoute>): ReadonlyArray<Route> =>
  observed.flatMap((route) =>
    (route.nexthops ?? [route]).map((next) => ({
      destination: destinationOf(route.dst),
      link: next.dev ?? null,
      via: next.gateway ?? next.via?.host ?? null,
      metric: route.metric ?? 0
    }))
  )

export const toNeighbours = (observed: ReadonlyArray<IpNeighbour>): ReadonlyArray<Neighbour> =>
  observed.flatMap(({ dst, dev, lladdr }) =>
    isIpv4(dst) && dev !== undefined && lladdr !== undefined ? [{ link: dev, address: dst, mac: lladdr }] : []
  )

export const isPermanent = (neighbour: IpNeighbour): boolean => (neighbour.state ?? []).includes("PERMANENT")
