import {
  type AddNeighbour,
  type AddNetns,
  type AddVeth,
  describeLinkChange,
  type LinkChange,
  namedNetns,
  type SetMaster
} from "@vmnet/core"
import { Place } from "../netns/Place.ts"
import type { PlacesOpen } from "../netns/Places.ts"
import { addAddress, deleteAddress } from "./encodeAddress.ts"
import { addBridge, addVeth, deleteLink, setLink, setPort } from "./encodeLink.ts"
import { addNeighbour, deleteNeighbour, getNeighbour, replaceNeighbour } from "./encodeNeighbour.ts"
import { addRoute, deleteRoute } from "./encodeRoute.ts"
import { isPermanent } from "./decodeNeighbour.ts"
import { addNetns, deleteNetns } from "./netnsChanges.ts"
import { Refused } from "./Refused.ts"
import { cannotFind, type Rtnetlink } from "./Rtnetlink.ts"
import { addTap } from "./tap.ts"

const EEXIST = 17

/** Where changes are made, and what they need to know of it. */
export interface Site {
  readonly links: Rtnetlink
  /** Whether the kernel has IPv6 at all; without it there is no router solicitation to turn off. */
  readonly ipv6: boolean
  /** Whose links these are, and where else there is something to do. */
  readonly place: Place
  readonly places: PlacesOpen
  readonly makeNetnsDirectory: () => void
}

const doesNotExist = (link: string): string => `Device "${link}" does not exist.`
const noMaster = (master: string): string => `Error: argument "${master}" is wrong: Device does not exist`

/** A port has to be one before it can be isolated. */
const setMaster = ({ links }: Site, { isolated, link, master }: SetMaster): void => {
  const index = links.indexOf(link, doesNotExist(link))
  links.tell(setLink({ index }, { master: links.indexOf(master, noMaster(master)) }))
  links.tell(setPort({ index }, { isolated }))
}

/**
 * Whether the entry in the way of a neighbour to add was merely learned by ARP (or is a failed attempt to learn it, which
 * stays for a minute after anybody asked for the address). The kernel keeps such entries for itself: they are a cache
 * and nobody's objects, but they are in the way.
 */
const isLearned = (links: Rtnetlink, index: number, address: string): boolean => {
  const entry = links.get(getNeighbour({ index, address }))
  return entry === undefined || !isPermanent(entry)
}

const neighbour = ({ links }: Site, { address, link, mac }: AddNeighbour): void => {
  const entry = { address, lladdr: mac, index: links.indexOf(link, doesNotExist(link)) }
  try {
    links.tell(addNeighbour(entry))
  } catch (cause) {
    if (!(cause instanceof Refused) || cause.errno !== EEXIST || !isLearned(links, entry.index, address)) throw cause
    links.tell(replaceNeighbour(entry))
  }
}

/** There will be more to do in there, as long as somebody stays. */
const netns = ({ makeNetnsDirectory, places }: Site, change: AddNetns): void => {
  makeNetnsDirectory()
  const place = addNetns(change)
  if (!places.keep(namedNetns(change.name), place)) place[Symbol.dispose]()
}

/** The peer is born where it belongs: the kernel is told by an open file of that namespace, and by none in the one we are in. */
const veth = ({ ipv6, links, place, places }: Site, change: AddVeth): void => {
  const { link, peer } = change
  const add = (fd?: number): void => links.tell(addVeth(change, fd))
  const there = (other: Place): void => {
    using here = other.fd === undefined ? Place.here() : undefined
    add(here?.fd ?? other.fd)
  }
  if (place.is(peer.netns)) add()
  else places.use(peer.netns, { family: "link", action: describeLinkChange(change) }, there)
  if (ipv6) links.tell(setLink({ link }, { silent: true }), cannotFind(link))
}

/** Makes one change, or throws why not. */
export const applyChange = (site: Site, change: LinkChange): void => {
  const { ipv6: silent, links } = site
  const set = (link: string, properties: Parameters<typeof setLink>[1]): void =>
    links.tell(setLink({ link }, properties), cannotFind(link))
  switch (change._tag) {
    case "AddNetns":
      return netns(site, change)
    case "DeleteNetns":
      site.places.leave(namedNetns(change.name))
      return deleteNetns(change)
    case "AddBridge":
      links.tell(addBridge(change))
      return set(change.link, { mtu: change.mtu, silent })
    case "AddTap":
      return site.place.within(() => addTap(links, change, silent))
    case "AddVeth":
      return veth(site, change)
    case "SetAlias":
      return set(change.link, { alias: change.alias })
    case "SetMaster":
      return setMaster(site, change)
    case "ClearMaster":
      return set(change.link, { master: 0 })
    case "SetMtu":
      return set(change.link, { mtu: change.mtu })
    case "SetMac":
      return set(change.link, { mac: change.mac })
    case "SetName":
      links.tell(setLink({ index: links.indexOf(change.link) }, { name: change.to }))
      return links.forget()
    case "SetUp":
      // First, and by itself: of one message the kernel brings the link up before it reads the rest, and a veth's far end, whose
      // carrier may be there already, would have an IPv6 address by then.
      if (silent) set(change.link, { silent })
      return set(change.link, { up: true })
    case "AddAddress":
      return links.tell(addAddress(links.indexOf(change.link), change.address))
    case "DeleteAddress":
      return links.tell(deleteAddress(links.indexOf(change.link), change.address))
    case "AddRoute":
      return links.tell(addRoute({ ...change, index: links.indexOf(change.link) }))
    case "DeleteRoute":
      return links.tell(deleteRoute({ ...change, index: links.indexOf(change.link) }))
    case "AddNeighbour":
      return neighbour(site, change)
    case "DeleteNeighbour":
      return links.tell(
        deleteNeighbour({ address: change.address, index: links.indexOf(change.link, doesNotExist(change.link)) })
      )
    case "DeleteLink":
      links.tell(deleteLink({ link: change.link }), cannotFind(change.link))
      return links.forget()
  }
}
