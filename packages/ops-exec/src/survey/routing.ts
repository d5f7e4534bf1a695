import type { RoutingFacts } from "@vmnet/core"
import { endianness } from "node:os"
import { readText } from "./look.ts"

/** A 32-bit word as the kernel prints it: in the machine's own byte order. */
const bytesOf = (word: string): ReadonlyArray<number> => {
  const bytes = [0, 2, 4, 6].map((at) => Number.parseInt(word.slice(at, at + 2), 16))
  return endianness() === "LE" ? bytes.toReversed() : bytes
}

const isWord = (text: string | undefined): text is string => text !== undefined && /^[0-9A-F]{8}$/i.test(text)

const lengthOf = (mask: string): number =>
  bytesOf(mask).reduce((bits, byte) => bits + byte.toString(2).replaceAll("0", "").length, 0)

interface Listed {
  readonly destination: string
  readonly link: string | null
  readonly metric: number
}

/** One line of `/proc/net/route`: device, destination, gateway, flags, three counters, metric and mask. */
const parseLine = (line: string): ReadonlyArray<Listed> => {
  const [link, destination, , , , , metric, mask] = line.trim().split(/\s+/)
  if (link === undefined || !isWord(destination) || !isWord(mask)) return []
  const prefix = `${bytesOf(destination).join(".")}/${lengthOf(mask)}`
  // Blackholes and the like are on no device, which is printed as a star.
  return [{ destination: prefix, link: link === "*" ? null : link, metric: Number(metric) || 0 }]
}

export const parseRoutes = (text: string): RoutingFacts => {
  const listed = text.split("\n").slice(1).flatMap(parseLine)
  const defaults = listed.filter(({ destination, link }) => destination === "0.0.0.0/0" && link !== null)
  const [first] = defaults.toSorted((a, b) => a.metric - b.metric)
  return {
    uplink: first?.link ?? null,
    defaultRoutes: defaults.length,
    routes: listed.map(({ destination, link }) => ({ destination, link }))
  }
}

/** A full routing table of the internet's is 64 MiB: more is no host that VMs are on. */
const limit = 96 * 1024 * 1024

export const routing = (): RoutingFacts => parseRoutes(readText("/proc/net/route", limit) ?? "")
