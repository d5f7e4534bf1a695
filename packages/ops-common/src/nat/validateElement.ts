import type { Egress, NatElement, Publish } from "@vmnet/core"
import { isIpv4, isNetwork, parsePrefix } from "../text/ipv4.ts"
import { isDeviceName, isMac, isPort } from "../text/names.ts"

type Doubt = readonly [wrong: boolean, words: string]

const device = (name: string): Doubt => [!isDeviceName(name), `device name ${JSON.stringify(name)} is not usable`]
const address = (text: string): Doubt => [!isIpv4(text), `${text} is not an IPv4 address`]
const mark = (value: number): Doubt => [
  !Number.isInteger(value) || value < 1 || value > 0xffffffff,
  `mark ${value} is not between 1 and 4294967295`
]

const network = (text: string): Doubt => {
  const prefix = parsePrefix(text)
  return [prefix === undefined || !isNetwork(prefix), `${text} is not an IPv4 network`]
}

const egressPorts = ({ ports, protocol }: Egress): ReadonlyArray<Doubt> =>
  ports === undefined
    ? []
    : [
        [protocol === undefined, "ports need a protocol, tcp or udp"],
        [!isPort(ports[0]) || !isPort(ports[1]) || ports[0] > ports[1], `${ports.join("-")} is not a range of ports`]
      ]

const publishPorts = ({ hostPort, guestPort, count }: Publish): ReadonlyArray<Doubt> => [
  [!Number.isInteger(count) || count < 1, `a count of ${count} ports is not possible`],
  [!isPort(hostPort) || !isPort(hostPort + count - 1), `host ports ${hostPort}+${count} are not within 1-65535`],
  [!isPort(guestPort) || !isPort(guestPort + count - 1), `guest ports ${guestPort}+${count} are not within 1-65535`]
]

const protocol = (text: string | undefined): Doubt => [
  text !== undefined && text !== "tcp" && text !== "udp",
  `protocol ${text} is neither tcp nor udp`
]

const doubts = (element: NatElement): ReadonlyArray<Doubt> => {
  switch (element._tag) {
    case "Segment":
    case "Masquerade":
    case "HostAccess":
    case "Port":
    case "Detached":
      return [device(element.device)]
    case "Guest":
      return [device(element.device), address(element.address), mark(element.mark)]
    case "Egress":
      return [
        address(element.address),
        network(element.destination),
        protocol(element.protocol),
        ...egressPorts(element)
      ]
    case "Binding":
      return [
        device(element.port),
        [!isMac(element.mac), `${element.mac} is not a MAC address`],
        address(element.address)
      ]
    case "Publish":
      return [
        protocol(element.protocol),
        address(element.hostAddress ?? "0.0.0.0"),
        address(element.guestAddress),
        mark(element.mark),
        ...publishPorts(element)
      ]
    case "Slot":
      return [
        device(element.device),
        device(element.uplink),
        [element.device === element.uplink, `${element.uplink} cannot be both the guest's device and the uplink`],
        [!isMac(element.mac), `${element.mac} is not a MAC address`],
        address(element.address),
        address(element.outside)
      ]
  }
}

/** What is wrong with an element, or `undefined`. What passes is safe to write into an nft statement. */
export const objectionToElement = (element: NatElement): string | undefined =>
  doubts(element).find(([wrong]) => wrong)?.[1]
