import type { LinkChange } from "@vmnet/core"
import { isIpv4, isNetwork, parsePrefix } from "../text/ipv4.ts"
import { isCreatedName, isMac, isMtu, isNetnsName, isReferableName, isTag, isUserId } from "../text/names.ts"

/** Each rule is a doubt and the words for it; the first that holds is what is wrong. */
type Doubt = readonly [wrong: boolean, words: string]

const created = (name: string): Doubt => [
  !isCreatedName(name),
  `link name ${JSON.stringify(name)} is not usable: 1 to 15 of a-z, 0-9, ".", "_", "-", and not "if" and digits`
]
const referred = (name: string): Doubt => [
  !isReferableName(name),
  `link name ${JSON.stringify(name)} is not usable: it would not reach ip as one plain word`
]
const mac = (text: string | undefined): Doubt => [text !== undefined && !isMac(text), `${text} is not a MAC address`]
const mtu = (size: number): Doubt => [!isMtu(size), `MTU ${size} is not between 68 and 65535`]
const user = (id: number | undefined): Doubt => [id !== undefined && !isUserId(id), `${id} is not a user or group id`]
const address = (text: string): Doubt => [!isIpv4(text), `${text} is not an IPv4 address`]

const inPrefixForm = (text: string): Doubt => [
  !text.includes("/") || parsePrefix(text) === undefined,
  `${text} is not an IPv4 address with its prefix length`
]

const destination = (text: string): Doubt => {
  const prefix = parsePrefix(text === "default" ? "0.0.0.0/0" : text)
  return [prefix === undefined || !isNetwork(prefix), `${text} is neither an IPv4 network nor "default"`]
}

const route = (change: { readonly link: string; readonly destination: string; readonly via?: string }) => [
  referred(change.link),
  destination(change.destination),
  address(change.via ?? "0.0.0.0")
]

const tag = (text: string): Doubt => [!isTag(text, 255), `${JSON.stringify(text)} is not usable as tag`]

const netns = (name: string): Doubt => [
  !isNetnsName(name),
  `namespace name ${JSON.stringify(name)} is not usable: 1 to 63 of a-z, 0-9, ".", "_", "-", without ".."`
]

const doubts = (change: LinkChange): ReadonlyArray<Doubt> => {
  switch (change._tag) {
    case "AddNetns":
      return [netns(change.name), tag(change.alias)]
    case "DeleteNetns":
      return [netns(change.name)]
    case "AddBridge":
      return [created(change.link), mac(change.mac), mtu(change.mtu)]
    case "AddTap":
      return [created(change.link), mac(change.mac), mtu(change.mtu), user(change.uid), user(change.gid)]
    case "AddVeth":
      return [created(change.link), mac(change.mac), mtu(change.mtu), created(change.peer.link), mac(change.peer.mac)]
    case "SetAlias":
      return [referred(change.link), tag(change.alias)]
    case "SetMaster":
      return [referred(change.link), referred(change.master)]
    case "SetMtu":
      return [referred(change.link), mtu(change.mtu)]
    case "SetMac":
      return [referred(change.link), mac(change.mac)]
    case "SetName":
      return [referred(change.link), created(change.to)]
    case "ClearMaster":
    case "SetUp":
    case "DeleteLink":
      return [referred(change.link)]
    case "AddAddress":
    case "DeleteAddress":
      return [referred(change.link), inPrefixForm(change.address)]
    case "AddRoute":
    case "DeleteRoute":
      return route(change)
    case "AddNeighbour":
      return [referred(change.link), address(change.address), mac(change.mac)]
    case "DeleteNeighbour":
      return [referred(change.link), address(change.address)]
  }
}

/** What is wrong with a change, or `undefined`: found in plain data, before anything runs. */
export const objectionToChange = (change: LinkChange): string | undefined =>
  doubts(change).find(([wrong]) => wrong)?.[1]
