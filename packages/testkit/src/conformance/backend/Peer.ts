import type { Attachment } from "@vmnet/core"
import { Effect, Option, Schema, type Scope } from "effect"
import type { Place } from "../../host/Traffic.ts"
import { Seen } from "../../host/Traffic.ts"

export interface PeerServer {
  readonly protocol?: "tcp" | "udp"
  readonly port: number
  readonly page: string
}

/** A UDP server that can be made to answer late: what it heard meanwhile is answered once it goes on. */
export interface SlowServer {
  readonly pause: Effect.Effect<void>
  readonly goOn: Effect.Effect<void>
}

/** How a program of the guest ended. */
export interface PeerResult {
  readonly exitCode: number
  readonly stdout: string
}

/** What a kind of guest brings along; everything else is derived from it. */
export interface PeerHands {
  readonly attachment: Attachment
  /** The namespace's path of a guest that is one. */
  readonly netns: Place | null
  /** Name of the guest's interface, as the guest sees it. */
  readonly link: string
  /** Runs a program of busybox there, for at most so many seconds. */
  readonly busybox: (argv: ReadonlyArray<string>, seconds: number) => Effect.Effect<PeerResult>
  /** Answers until the guest's end. */
  readonly serve: (server: PeerServer) => Effect.Effect<void, never, Scope.Scope>
  /** Answers UDP; who asks hears something back for every datagram. */
  readonly serveSlowly: (port: number) => Effect.Effect<SlowServer, never, Scope.Scope>
  /** The server that its resolver asks: none where the guest has a resolv.conf of its own. */
  readonly resolver: ReadonlyArray<string>
}

/** A guest that is up, and what it can be asked to do. */
export interface Peer extends PeerHands {
  /** What the server at a URL saw of the guest, or null when there is no answer in time. */
  readonly fetch: (url: string, seconds?: number) => Effect.Effect<Seen | null>
  /** The page at a URL, or null. */
  readonly page: (url: string, seconds?: number) => Effect.Effect<string | null>
  readonly ping: (address: string) => Effect.Effect<boolean>
  /** The addresses of a name, by its own resolver. */
  readonly lookup: (host: string) => Effect.Effect<ReadonlyArray<string>>
  /** How many segments or datagrams have come up to the guest's own TCP or UDP, whatever became of them there. */
  readonly heard: (protocol: "tcp" | "udp") => Effect.Effect<number>
}

const decodeSeen = Schema.decodeUnknownOption(Schema.fromJsonString(Seen))

/** The counters of one protocol in `/proc/net/snmp`: a line of names, then a line of numbers. */
const counters = (snmp: string, protocol: string): Readonly<Record<string, number>> => {
  const [names = [], values = []] = snmp
    .split("\n")
    .filter((line) => line.startsWith(`${protocol}: `))
    .map((line) => line.split(" ").slice(1))
  return Object.fromEntries(names.map((name, index) => [name, Number(values[index])]))
}

const heardIn = (snmp: string, protocol: "tcp" | "udp"): number => {
  if (protocol === "tcp") return counters(snmp, "Tcp")["InSegs"] ?? Number.NaN
  const { InDatagrams = Number.NaN, NoPorts = 0, InErrors = 0 } = counters(snmp, "Udp")
  return InDatagrams + NoPorts + InErrors
}

/** The answer's addresses: those after the line that repeats the name. */
const addressesIn = (nslookup: string): ReadonlyArray<string> =>
  nslookup
    .split(/^Name:.*$/m)
    .slice(1)
    .flatMap((part) => [...part.matchAll(/^Address[^:]*: *(\S+)/gm)].map((match) => match[1] ?? ""))

/** The guest's verbs over its hands. */
export const makePeer = (hands: PeerHands): Peer => {
  const fetch: Peer["fetch"] = (url, seconds = 5) =>
    Effect.map(hands.busybox(["wget", "-q", "-O", "-", url], seconds), ({ stdout }) =>
      Option.getOrNull(decodeSeen(stdout))
    )
  return {
    ...hands,
    fetch,
    page: (url, seconds) => Effect.map(fetch(url, seconds), (seen) => seen?.page ?? null),
    ping: (address) =>
      Effect.map(hands.busybox(["ping", "-c", "1", "-W", "1", address], 2), ({ exitCode }) => exitCode === 0),
    lookup: (host) =>
      Effect.map(hands.busybox(["nslookup", "-type=a", host, ...hands.resolver], 5), ({ stdout }) =>
        addressesIn(stdout)
      ),
    heard: (protocol) =>
      Effect.map(hands.busybox(["cat", "/proc/net/snmp"], 2), ({ stdout }) => heardIn(stdout, protocol))
  }
}
