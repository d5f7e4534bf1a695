/** One message as `mnl_nlmsg_fprintf` of libmnl printed it: all but its flags, of which it tells only a few. */
export interface DumpedMessage {
  readonly type: number
  /** What follows `struct nlmsghdr`. */
  readonly payload: Uint8Array
}

// Colours around the numbers of attributes, which libmnl prints for nobody but a person at a terminal, and everybody else.
// oxlint-disable-next-line no-control-regex
const colours = /\u001B\[[\d;]*m/g

const head = /^\| (\d{5}) \| \S{4} \|\s+\|\s+type \| flags\s+\|$/
const data = /^\| ([\da-f]{2}) ([\da-f]{2}) ([\da-f]{2}) ([\da-f]{2})\s+\|\s+\|\s+(?:extra header|data)\s+\|/
const attribute = /^\|(\d{5})\|([N-])([B-])\|(\d{5})\|\s+\|len \|flags\| type\|$/

/** The four bytes a line stands for, or nothing. */
const bytesOf = (line: string): ReadonlyArray<number> => {
  const [, ...hex] = data.exec(line) ?? []
  if (hex.length > 0) return hex.map((byte) => Number.parseInt(byte, 16))
  const [, length, nested, , type] = attribute.exec(line) ?? []
  if (length === undefined || type === undefined) return []
  const flagged = Number(type) | (nested === "N" ? 0x8000 : 0)
  return [Number(length) & 0xff, Number(length) >> 8, flagged & 0xff, flagged >> 8]
}

/** The messages in what `nft --debug=mnl` prints: each line that is not about a header is four bytes of a message. */
export const readDump = (text: string): ReadonlyArray<DumpedMessage> => {
  const found: Array<{ readonly type: number; readonly bytes: Array<number> }> = []
  for (const line of text.replaceAll(colours, "").split("\n")) {
    const [, type] = head.exec(line) ?? []
    if (type === undefined) found.at(-1)?.bytes.push(...bytesOf(line))
    else found.push({ type: Number(type), bytes: [] })
  }
  return found.map(({ bytes, type }) => ({ type, payload: Uint8Array.from(bytes) }))
}
