import { Result } from "effect"
import type { Parsed } from "../names/Parsed.ts"
import { quote } from "../names/quote.ts"
import type { Protocol } from "../ops/NatElement.ts"

/** Both ends included, 1-65535. */
export type PortRange = readonly [first: number, last: number]

/** Plain decimal, 1-65535: no sign, no space, no leading zero, so that no other tool reads another number. */
export const parsePort = (text: string): Parsed<number> => {
  if (!/^[0-9]+$/.test(text)) return Result.fail(`${quote(text)} is not a port number`)
  if (text === "0") return Result.fail("port 0 cannot be used")
  if (text.startsWith("0")) return Result.fail(`port ${quote(text)} has a leading zero`)
  if (text.length > 5 || Number(text) > 65535) return Result.fail(`port ${quote(text)} is above 65535`)
  return Result.succeed(Number(text))
}

/** `80` or `80-89`. */
export const parsePortRange = (text: string): Parsed<PortRange> =>
  Result.gen(function* () {
    const dash = text.indexOf("-")
    const first = yield* parsePort(dash === -1 ? text : text.slice(0, dash))
    const last = dash === -1 ? first : yield* parsePort(text.slice(dash + 1))
    if (last < first) return yield* Result.fail(`port range ${text} ends before it starts`)
    return [first, last] as const
  })

export const formatPortRange = ([first, last]: PortRange): string => (first === last ? `${first}` : `${first}-${last}`)

/** Takes `/tcp` or `/udp` off the end of a text, if one is there. Lower case only. */
export const splitProtocol = (text: string): { readonly body: string; readonly protocol: Protocol | undefined } => {
  const protocol = text.endsWith("/tcp") ? "tcp" : text.endsWith("/udp") ? "udp" : undefined
  return { body: protocol === undefined ? text : text.slice(0, -4), protocol }
}
