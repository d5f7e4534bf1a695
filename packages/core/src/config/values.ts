import { Result, Schema } from "effect"
import {
  formatAddressOrPrefix,
  type Ipv4Prefix,
  overlaps,
  parseAddressOrPrefix,
  parseIpv4,
  parsePrefix
} from "../net/Ipv4.ts"
import { parseEgressRule } from "../net/Egress.ts"
import { parsePublish } from "../net/Publish.ts"
import { parseTapOwner } from "../names/ids.ts"
import { Mac } from "../names/Mac.ts"
import { namePattern, parseNetworkName, parseVmName } from "../names/Name.ts"
import { parseNetnsPath } from "../names/NetnsPath.ts"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"

/** The text as written: parsers check it here, and read it where it is used. */
const text = (
  parse: (text: string) => Parsed<unknown>,
  pattern: string,
  examples: readonly [string, ...Array<string>]
) =>
  Schema.String.check(
    Schema.makeFilter(
      (value: string) => Result.match(parse(value), { onFailure: (problem) => problem, onSuccess: () => undefined }),
      { expected: `text such as ${examples[0]}`, examples, toJsonSchema: () => [{ pattern }, true] }
    )
  )

const parseResolver = (value: string): Parsed<number> =>
  Result.flatMap(parseIpv4(value), (address) =>
    address >>> 24 === 0 || address >>> 28 >= 0xe
      ? Result.fail(`${value} is not an address a resolver can have`)
      : Result.succeed(address)
  )

/** A name people give interfaces; the kernel allows stranger ones (`IFNAMSIZ` - 1 bytes without / and spaces). */
const parseLinkName = (value: string): Parsed<string> =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(value)
    ? Result.succeed(value)
    : Result.fail(`${quote(value)} is not an interface's name`)

const octets = "[0-9]{1,3}(\\.[0-9]{1,3}){3}"
const ports = "[1-9][0-9]{0,4}(-[1-9][0-9]{0,4})?"

export const NetworkName = text(parseNetworkName, namePattern, ["web"])
export const VmName = text(parseVmName, namePattern, ["api"])
/** 0/8 and 127/8 never leave a host, 224/3 is multicast and reserved: a network there works for nobody. */
const unusable = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"]

const usable = (parsed: Parsed<Ipv4Prefix>): Parsed<Ipv4Prefix> =>
  Result.flatMap(parsed, (prefix) => {
    const block = unusable.find((block) => overlaps(prefix, Result.getOrThrow(parsePrefix(block))))
    return block === undefined
      ? Result.succeed(prefix)
      : Result.fail(`${formatAddressOrPrefix(prefix)} is in ${block}, which cannot be used`)
  })

export const Subnet = text((value) => usable(parsePrefix(value)), `^${octets}/[0-9]{1,2}$`, ["10.0.42.0/24"])
/** The guest's own loopback is allowed: it may run a resolver of its own. */
export const Resolver = text(parseResolver, `^${octets}$`, ["198.51.100.53"])
export const Address = text(parseIpv4, `^${octets}$`, ["10.0.42.1"])
export const AddressOrPrefix = text(parseAddressOrPrefix, `^${octets}(/[0-9]{1,2})?$`, ["10.0.42.7", "10.0.42.64/28"])
export const MacAddress = text(Mac.parse, "^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$", ["02:fc:00:00:00:05"])
export const PublishText = text(parsePublish, `^(${octets}:)?${ports}:${ports}(/(tcp|udp))?$`, [
  "8080:80",
  "127.0.0.1:5353-5362:53-62/udp"
])
export const EgressText = text(parseEgressRule, `^${octets}(/[0-9]{1,2})?(:${ports})?(/(tcp|udp))?$`, [
  "203.0.113.0/24:443",
  "198.51.100.53:53/udp"
])
export const TapOwnerText = text(parseTapOwner, "^[0-9]{1,10}(:[0-9]{1,10})?$", ["1000:1000"])
export const BridgeName = text(parseLinkName, "^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$", ["br0"])
export const NetnsPathText = text(parseNetnsPath, "^/.+$", ["/run/netns/build"])

/** A whole number within bounds, both included. */
export const whole = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }, { expected: `a whole number from ${minimum} to ${maximum}` }))
