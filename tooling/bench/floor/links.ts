import type {
  AddressResource,
  NeighbourResource,
  RouteResource,
  SysctlResource,
  TapResource,
  VethResource
} from "../../../packages/core/src/index.ts"
import { addAddress } from "../../../packages/ops-native/src/link/encodeAddress.ts"
import { setPort } from "../../../packages/ops-native/src/link/encodeLink.ts"
import { addNeighbour } from "../../../packages/ops-native/src/link/encodeNeighbour.ts"
import { addRoute } from "../../../packages/ops-native/src/link/encodeRoute.ts"
import {
  addressGeneration,
  generateNone,
  ifla,
  info,
  up,
  vethPeer
} from "../../../packages/ops-native/src/link/linkAttributes.ts"
import type { Attribute } from "../../../packages/ops-native/src/netlink/attributes.ts"
import {
  attribute,
  creation,
  inet,
  inet6,
  linkHeader,
  nest,
  type Request,
  requestOf,
  rtm
} from "../../../packages/ops-native/src/netlink/rtnetlink.ts"
import { mac, plainText, u32, u8, zeroTerminated } from "../../../packages/ops-native/src/netlink/values.ts"

/** `IPV4_DEVCONF_*` of linux/ip.h: parameters of a link that go with its other settings, in one message. */
const parameters: Readonly<Record<string, number>> = { forwarding: 1, proxy_arp: 3, rp_filter: 8, route_localnet: 26 }

/** `IFLA_INET_CONF` of linux/if_link.h */
const inetConf = 1

/** What is configured on a link of a plan. */
export interface LinkPlan {
  readonly index: number
  readonly device: TapResource | VethResource | undefined
  readonly sysctls: ReadonlyArray<SysctlResource>
  readonly addresses: ReadonlyArray<AddressResource>
  readonly neighbours: ReadonlyArray<NeighbourResource>
  readonly routes: ReadonlyArray<RouteResource>
}

export const isParameter = ({ key }: SysctlResource): boolean =>
  key[2] === "conf" && parameters[key.at(-1) ?? ""] !== undefined

const conf = (sysctls: ReadonlyArray<SysctlResource>): Attribute =>
  nest(
    ifla.afSpec,
    nest(
      inet,
      nest(
        inetConf,
        ...sysctls
          .filter(isParameter)
          .map(({ key, value }) => attribute(parameters[key.at(-1) ?? ""] ?? 0, u32(Number(value))))
      )
    ),
    nest(inet6, attribute(addressGeneration, u8(generateNone)))
  )

/** `ip link set ... up`, with all there is to say of the link in one message. */
const configure = ({ device, index, sysctls }: LinkPlan, masterIndex: number | undefined): Request =>
  requestOf(rtm.newLink, 0, linkHeader(index, up, up), [
    ...(device?.kind === "Tap" ? [attribute(ifla.mtu, u32(device.mtu))] : []),
    ...(device?.kind === "Tap" && device.mac !== undefined ? [attribute(ifla.address, mac(device.mac))] : []),
    ...(masterIndex === undefined ? [] : [attribute(ifla.master, u32(masterIndex))]),
    conf(sysctls)
  ])

/** Everything about a link that exists, in the order that the kernel wants it. */
export const linkRequests = (plan: LinkPlan, masterIndex?: number): ReadonlyArray<Request> => {
  const { addresses, device, index, neighbours, routes } = plan
  const port = device?.master
  return [
    ...(device === undefined ? [] : [configure(plan, masterIndex)]),
    ...(port === undefined ? [] : [setPort({ index }, port)]),
    ...addresses.map(({ address }) => addAddress(index, address)),
    ...neighbours.map(({ address, mac: lladdr }) => addNeighbour({ index, address, lladdr })),
    ...routes.map(({ destination, via }) => addRoute({ index, destination, ...(via !== undefined && { via }) }))
  ]
}

/** The number that stands for the namespace's file, which is not open yet when messages are made. */
export const openLater = 0x7ead_beef

/** `ip link add ... type veth peer ... netns ...`, both ends with the indexes they are to have. */
export const addVeth = ({ link, mac: own, mtu, peer }: VethResource, index: number, peerIndex: number): Request => {
  const names = (name: string, address: string | undefined): ReadonlyArray<Attribute> => [
    ...(address === undefined ? [] : [attribute(ifla.address, mac(address))]),
    attribute(ifla.mtu, u32(mtu)),
    attribute(ifla.name, zeroTerminated(name))
  ]
  const { payload } = requestOf(rtm.newLink, 0, linkHeader(peerIndex), [
    ...names(peer.link, peer.mac),
    attribute(ifla.netnsFd, u32(openLater))
  ])
  return requestOf(rtm.newLink, creation, linkHeader(index), [
    ...names(link, own),
    nest(ifla.linkInfo, attribute(info.kind, plainText("veth")), nest(info.data, attribute(vethPeer, payload)))
  ])
}
