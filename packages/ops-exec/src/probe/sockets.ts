import type { BoundSocket, Protocol } from "@vmnet/core"
import { endianness } from "node:os"

/** The tables of proc(5) below `/proc/net`, and the state (net/tcp_states.h) that means bound and not connected. */
export const socketTables: ReadonlyArray<{
  readonly file: string
  readonly protocol: Protocol
  readonly state: string
}> = [
  { file: "/proc/net/tcp", protocol: "tcp", state: "0A" },
  { file: "/proc/net/tcp6", protocol: "tcp", state: "0A" },
  { file: "/proc/net/udp", protocol: "udp", state: "07" },
  { file: "/proc/net/udp6", protocol: "udp", state: "07" }
]

/** Addresses are printed as 32-bit words in the machine's own byte order. */
const bytesOfWord = (word: string): ReadonlyArray<number> => {
  const bytes = [0, 2, 4, 6].map((at) => Number.parseInt(word.slice(at, at + 2), 16))
  return endianness() === "LE" ? bytes.toReversed() : bytes
}

/** The IPv4 address a socket answers on, `undefined` for one that is IPv6 only. */
const ipv4Of = (hex: string): string | undefined => {
  const words = hex.match(/.{8}/g) ?? []
  const bytes = words.map(bytesOfWord)
  if (words.length === 1) return bytes[0]?.join(".")
  if (/^0*$/.test(hex)) return "0.0.0.0"
  const mapped = bytes.slice(0, 3).flat().join(".") === "0.0.0.0.0.0.0.0.0.0.255.255"
  return mapped ? bytes[3]?.join(".") : undefined
}

const parseLine = (line: string, protocol: Protocol, bound: string): ReadonlyArray<BoundSocket> => {
  const [, local = "", , state] = line.trim().split(/\s+/)
  const [hex = "", port = ""] = local.split(":")
  const address = ipv4Of(hex)
  return state !== bound || address === undefined ? [] : [{ protocol, address, port: Number.parseInt(port, 16) }]
}

/** The bound sockets of one table; its first line is a heading. */
export const parseSockets = (text: string, protocol: Protocol, state: string): ReadonlyArray<BoundSocket> =>
  text
    .split("\n")
    .slice(1)
    .flatMap((line) => parseLine(line, protocol, state))

/** A service that listens on `0.0.0.0` and on `::` is there twice. */
export const distinct = (sockets: ReadonlyArray<BoundSocket>): ReadonlyArray<BoundSocket> => [
  ...new Map(sockets.map((socket) => [`${socket.protocol} ${socket.address} ${socket.port}`, socket])).values()
]
