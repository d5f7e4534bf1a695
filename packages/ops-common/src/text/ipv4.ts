const octet = "(?:0|[1-9]\\d?|1\\d\\d|2[0-4]\\d|25[0-5])"
const addressPattern = new RegExp(`^${octet}(?:\\.${octet}){3}$`)

/** Dotted decimal without leading zeros; everything else (`010.0.0.1`, `1.2`, names) is refused. */
export const isIpv4 = (text: string): boolean => addressPattern.test(text)

const toNumber = (address: string): number => address.split(".").reduce((value, part) => value * 256 + Number(part), 0)

export interface Prefix {
  readonly address: string
  readonly length: number
}

/** `203.0.113.0/24`, or a plain address as its `/32`. `undefined` for anything else. */
export const parsePrefix = (text: string): Prefix | undefined => {
  const [address = "", length = "32", ...rest] = text.split("/")
  if (rest.length > 0 || !isIpv4(address) || !/^(?:\d|[12]\d|3[0-2])$/.test(length)) return undefined
  return { address, length: Number(length) }
}

/** Whether every bit of the address beyond the prefix is zero, as a network's must be. */
export const isNetwork = ({ address, length }: Prefix): boolean => toNumber(address) % 2 ** (32 - length) === 0

const firstAndLast = ({ address, length }: Prefix): readonly [number, number] => {
  const first = toNumber(address)
  return [first, first + 2 ** (32 - length) - 1]
}

export const prefixesOverlap = (a: Prefix, b: Prefix): boolean => {
  const [firstA, lastA] = firstAndLast(a)
  const [firstB, lastB] = firstAndLast(b)
  return firstA <= lastB && firstB <= lastA
}
