import type { LinkChange } from "@vmnet/core"
import { addAddress, deleteAddress } from "./addresses.ts"
import {
  addBridge,
  addTap,
  addVeth,
  clearMaster,
  removeLink,
  setAlias,
  setMac,
  setMaster,
  setMtu,
  setName,
  setUp
} from "./links.ts"
import type { Namespace } from "./Namespace.ts"
import { addNeighbour, deleteNeighbour } from "./neighbours.ts"
import { addNetns, deleteNetns } from "./namedNetns.ts"
import { addRoute, deleteRoute } from "./routes.ts"
import type { World } from "./World.ts"

/** One change of `LinkOps`, all of it or none. */
export const applyLinkChange = (world: World, namespace: Namespace, change: LinkChange): void => {
  switch (change._tag) {
    case "AddNetns":
      return addNetns(world, change)
    case "DeleteNetns":
      return deleteNetns(world, change)
    case "AddBridge":
      return addBridge(namespace, change)
    case "AddTap":
      return addTap(namespace, change)
    case "AddVeth":
      return addVeth(namespace, world.resolve(change.peer.netns), change)
    case "SetAlias":
      return setAlias(namespace, change.link, change.alias)
    case "SetMaster":
      return setMaster(namespace, change.link, change.master, change.isolated)
    case "ClearMaster":
      return clearMaster(namespace, change.link)
    case "SetMtu":
      return setMtu(namespace, change.link, change.mtu)
    case "SetMac":
      return setMac(namespace, change.link, change.mac)
    case "SetName":
      return setName(namespace, change.link, change.to)
    case "SetUp":
      return setUp(namespace, change.link)
    case "AddAddress":
      return addAddress(namespace, change.link, change.address)
    case "DeleteAddress":
      return deleteAddress(namespace, change.link, change.address)
    case "AddRoute":
      return addRoute(namespace, change)
    case "DeleteRoute":
      return deleteRoute(namespace, change)
    case "AddNeighbour":
      return addNeighbour(namespace, change)
    case "DeleteNeighbour":
      return deleteNeighbour(namespace, change.link, change.address)
    case "DeleteLink":
      return removeLink(namespace, change.link)
  }
}
