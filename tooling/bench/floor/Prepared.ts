import type { Plan, Resource, TapResource, VethResource } from "../../../packages/core/src/index.ts"
import { encode } from "../../../packages/ops-common/src/index.ts"
import { deleteAddress } from "../../../packages/ops-native/src/link/encodeAddress.ts"
import { deleteLink, setLink } from "../../../packages/ops-native/src/link/encodeLink.ts"
import { deleteNeighbour } from "../../../packages/ops-native/src/link/encodeNeighbour.ts"
import { deleteRoute } from "../../../packages/ops-native/src/link/encodeRoute.ts"
import { createElement, deleteElement } from "../../../packages/ops-native/src/nat/elementRequests.ts"
import type { Request } from "../../../packages/ops-native/src/netlink/rtnetlink.ts"
import { together } from "./exchange.ts"
import { addVeth, isParameter, linkRequests, openLater, type LinkPlan } from "./links.ts"
import { nftBatch } from "./nftBatch.ts"
import { tapRequest } from "./tapDevice.ts"

/** What stands in comments of elements, as long as what `vmnet` writes there. */
const owner = "vmnet:00000000:floor:1"

export interface PreparedTap {
  readonly tap: TapResource
  readonly request: Uint8Array
  readonly index: number
}

/** All of a plan as bytes to send, files to write and devices to make. */
export interface Prepared {
  readonly elements: Uint8Array
  readonly withoutElements: Uint8Array
  readonly tap: PreparedTap | undefined
  /** Over the host's socket: a veth first if there is one. `netnsFd` is the place of the number of the namespace's file. */
  readonly host: Uint8Array
  readonly netnsFd: number
  readonly files: ReadonlyArray<{ readonly path: string; readonly value: string }>
  readonly slot: PreparedSlot | undefined
  readonly deletion: Uint8Array
  /** Route, neighbour and address off a device that stays. */
  readonly withoutClaim: Uint8Array
}

export interface PreparedSlot {
  readonly path: string
  readonly table: Uint8Array
  readonly tap: PreparedTap | undefined
  readonly links: Uint8Array
}

export interface PrepareOptions {
  readonly plan: Plan
  /** Of the first link on the host: nothing else may have it, nor the next one. */
  readonly index: number
  readonly masterIndex: number | undefined
  readonly slotTable: ReadonlyArray<Request>
  readonly install: string
}

type Of<K extends Resource["kind"]> = Extract<Resource, { readonly kind: K }>

const ofKind = <K extends Resource["kind"]>(resources: ReadonlyArray<Resource>, kind: K): ReadonlyArray<Of<K>> =>
  resources.filter((resource): resource is Of<K> => resource.kind === kind)

const linkPlan = (
  resources: ReadonlyArray<Resource>,
  link: string,
  index: number,
  device: TapResource | VethResource | undefined
): LinkPlan => ({
  index,
  device,
  sysctls: ofKind(resources, "Sysctl").filter((one) => one.link === link),
  addresses: ofKind(resources, "Address").filter((one) => one.link === link),
  neighbours: ofKind(resources, "Neighbour").filter((one) => one.link === link),
  routes: ofKind(resources, "Route").filter((one) => one.link === link)
})

const elementsOf = (resources: ReadonlyArray<Resource>) =>
  ofKind(resources, "NatElement").flatMap(({ element }) => encode(element))

const tapOf = (tap: TapResource | undefined, index: number): PreparedTap | undefined =>
  tap === undefined ? undefined : { tap, index, request: tapRequest(tap.link) }

/** In a namespace of its own any index is free. */
const inside = { uplink: 101, tap: 102 } as const

const slotOf = (all: ReadonlyArray<Resource>, { install, slotTable }: PrepareOptions): PreparedSlot | undefined => {
  const [netns] = ofKind(all, "Netns")
  const [veth] = ofKind(all, "Veth")
  if (netns === undefined || veth === undefined) return undefined
  const resources = all.filter((one) => one.netns._tag === "Path")
  const [tap] = ofKind(resources, "Tap")
  const entries = elementsOf(resources).map((entry) => createElement(install, entry, owner))
  const links = [
    setLink({ index: 1 }, { up: true }),
    ...linkRequests(linkPlan(resources, veth.peer.link, inside.uplink, veth)),
    ...(tap === undefined ? [] : linkRequests(linkPlan(resources, tap.link, inside.tap, tap)))
  ]
  return {
    path: `/run/netns/${netns.name}`,
    table: nftBatch([...slotTable, ...entries]),
    tap: tapOf(tap, inside.tap),
    links: together(links)
  }
}

const netnsFdIn = (bytes: Uint8Array): number => {
  const marker = Buffer.alloc(4)
  marker.writeUInt32LE(openLater)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(marker)
}

/** A plan, with whatever its backend is, as the least that the kernel has to be told. */
export const prepare = (options: PrepareOptions): Prepared => {
  const { index, install, masterIndex, plan } = options
  const resources = plan.resources.filter((one) => one.netns._tag === "Host")
  const [veth, tap] = [ofKind(resources, "Veth")[0], ofKind(resources, "Tap")[0]]
  const device = veth ?? tap
  const link = device?.link ?? plan.attachment.device.name
  const on = linkPlan(resources, link, index, device)
  const entries = elementsOf(resources)
  const host = together([
    ...(veth === undefined ? [] : [addVeth(veth, index, inside.uplink)]),
    ...linkRequests(on, masterIndex)
  ])
  return {
    elements: nftBatch(entries.map((entry) => createElement(install, entry, owner))),
    withoutElements: nftBatch(entries.map((entry) => deleteElement(install, entry))),
    tap: tapOf(tap, index),
    host,
    netnsFd: netnsFdIn(host),
    files: on.sysctls
      .filter((one) => !isParameter(one))
      .map(({ key, value }) => ({ path: `/proc/sys/${key.join("/")}`, value })),
    slot: slotOf(plan.resources, options),
    deletion: together([deleteLink({ index })]),
    withoutClaim: together([
      ...on.routes.map(({ destination }) => deleteRoute({ index, destination })),
      ...on.neighbours.map(({ address }) => deleteNeighbour({ index, address })),
      ...on.addresses.map(({ address }) => deleteAddress(index, address))
    ])
  }
}
