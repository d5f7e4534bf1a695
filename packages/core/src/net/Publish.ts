import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"
import type { PublishSpec } from "../plan/AttachRequest.ts"
import { formatIpv4, parseIpv4 } from "./Ipv4.ts"
import { formatPortRange, parsePort, parsePortRange, type PortRange, splitProtocol } from "./Ports.ts"

/** The longest range one publish may name. */
export const maxPublishedPorts = 1024

const form = "[HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp]"

/**
 * `[HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp]`: `8080:80`, `127.0.0.1:8080-8089:80/udp`. Ranges include both ends;
 * the guest's range is as long as the host's, so its end may be left out. Host address `0.0.0.0` is every address.
 */
export const parsePublish = (text: string): Parsed<PublishSpec> =>
  Result.gen(function* () {
    const { body, protocol } = splitProtocol(text)
    if (body.includes("/")) return yield* Result.fail(`${quote(text)} must end in /tcp or /udp, or in neither`)
    const parts = body.split(":")
    if (parts.length !== 2 && parts.length !== 3) return yield* Result.fail(`${quote(text)} is not ${form}`)
    const [hostAddress, host, guest] = parts.length === 3 ? parts : ["0.0.0.0", ...parts]
    const address = yield* parseHostAddress(hostAddress!)
    const hostPorts = yield* inPart("host", parsePortRange(host!))
    const count = hostPorts[1] - hostPorts[0] + 1
    if (count > maxPublishedPorts) {
      return yield* Result.fail(`${host} is ${count} ports: at most ${maxPublishedPorts} can be published at once`)
    }
    const guestPort = yield* inPart("guest", parseGuestPorts(guest!, hostPorts))
    return { protocol: protocol ?? "tcp", hostAddress: address, hostPort: hostPorts[0], guestPort, count } as const
  })

const inPart = <A>(part: string, parsed: Parsed<A>): Parsed<A> =>
  Result.mapError(parsed, (problem) => `${part} ${problem}`)

const parseHostAddress = (text: string): Parsed<string | null> =>
  Result.flatMap(parseIpv4(text), (address) => {
    if (address === 0) return Result.succeed(null)
    return address >>> 28 >= 0xe
      ? Result.fail(`host address ${text} is not an address of a host`)
      : Result.succeed(formatIpv4(address))
  })

const parseGuestPorts = (text: string, [first, last]: PortRange): Parsed<number> =>
  Result.gen(function* () {
    const count = last - first + 1
    if (!text.includes("-")) {
      const port = yield* parsePort(text)
      if (port + count - 1 <= 65535) return port
      return yield* Result.fail(`range from ${port} on would end above 65535`)
    }
    const guest = yield* parsePortRange(text)
    if (guest[1] - guest[0] + 1 === count) return guest[0]
    return yield* Result.fail(`range ${text} is not as long as the host range ${formatPortRange([first, last])}`)
  })

/** The one text of a spec that `parsePublish` reads back to it: ranges with both ends, protocol always given. */
export const formatPublish = (spec: PublishSpec): string => {
  const ports = (first: number): string => formatPortRange([first, first + spec.count - 1])
  const host = spec.hostAddress === null ? "" : `${spec.hostAddress}:`
  return `${host}${ports(spec.hostPort)}:${ports(spec.guestPort)}/${spec.protocol}`
}

/** Whether two specs want the same port of the same address; every address meets each single one. */
export const publishOverlaps = (a: PublishSpec, b: PublishSpec): boolean =>
  a.protocol === b.protocol &&
  (a.hostAddress === null || b.hostAddress === null || a.hostAddress === b.hostAddress) &&
  a.hostPort < b.hostPort + b.count &&
  b.hostPort < a.hostPort + a.count
