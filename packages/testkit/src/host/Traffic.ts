import { Effect, RcMap, Schema, type Scope } from "effect"
import { type Agent, makeAgent, reasonOf } from "./agent/Agent.ts"
import type { AgentRequest } from "./agent/protocol.ts"
import { decodeUdpEcho } from "../guest/udpEcho.ts"
import { ExchangeFailed, PrivateHostError } from "./errors.ts"
import { type RunOptions, type RunResult, run } from "./Process.ts"

/**
 * A place from which something is done: the host itself, its LAN neighbour, its internet, or the network namespace at an
 * absolute path such as `/run/netns/vmnet-1` or `/proc/123/ns/net`.
 */
export type Place = "host" | "lan" | "internet" | `/${string}`

export interface ExchangeOptions {
  /** Milliseconds until the exchange fails with reason `timeout`. Default 2 000. */
  readonly timeout?: number
  /** Local address to speak from. */
  readonly localAddress?: string
}

/** A page, and what our own servers tell about the request that they saw. */
export interface HttpReply {
  readonly status: number
  readonly body: string
  /** The report of a server made by `serve`, of the internet or of a guest; undefined for any other page. */
  readonly seen: Seen | undefined
}

export interface UdpReply {
  readonly message: Uint8Array
  /** The message as UTF-8; of a guest's reply only what it echoes. */
  readonly text: string
  readonly address: string
  readonly port: number
  /** The report of a server made by `serve`, of the internet or of a guest; undefined for any other reply. */
  readonly seen: Seen | undefined
}

/** What a server saw: `page` is the text that it was given, `clientAddress` shows masquerading and source preservation. */
export const Seen = Schema.Struct({ page: Schema.String, clientAddress: Schema.String, clientPort: Schema.Int })
export type Seen = typeof Seen.Type

export interface UdpTarget {
  readonly address: string
  readonly port: number
  readonly message: string | Uint8Array
}

export interface ServeOptions {
  /** Default `tcp`, which is HTTP; `udp` answers every datagram. */
  readonly protocol?: "tcp" | "udp"
  /** 0 for any free one. */
  readonly port: number
  /** Address to listen on. Default all of IPv4. */
  readonly address?: string
  /** What the replies carry as `page`, to tell servers apart. */
  readonly page: string
}

export interface Traffic {
  readonly http: (
    from: Place,
    url: string,
    options?: ExchangeOptions
  ) => Effect.Effect<HttpReply, ExchangeFailed | PrivateHostError>
  readonly udp: (
    from: Place,
    to: UdpTarget,
    options?: ExchangeOptions
  ) => Effect.Effect<UdpReply, ExchangeFailed | PrivateHostError>
  /** Listens when the effect completes, until the scope closes. Gives the port. */
  readonly serve: (at: Place, options: ServeOptions) => Effect.Effect<number, PrivateHostError, Scope.Scope>
  readonly run: (
    at: Place,
    argv: ReadonlyArray<string>,
    options?: RunOptions
  ) => Effect.Effect<RunResult, PrivateHostError>
}

/** The argv prefix that runs a program at a place. Programs of the host are in its namespace already. */
export const enter = (place: Place): ReadonlyArray<string> => {
  if (place === "host") return []
  return ["nsenter", `--net=${place.startsWith("/") ? place : `/run/netns/${place}`}`, "--"]
}

const decodeSeen = Schema.decodeUnknownOption(Schema.fromJsonString(Seen))
const seenIn = (text: string): Seen | undefined => {
  const decoded = decodeSeen(text)
  return decoded._tag === "Some" ? decoded.value : undefined
}

type Agents = RcMap.RcMap<Place, Agent, PrivateHostError>

const exchange = (agents: Agents, from: Place, target: string, request: AgentRequest & { readonly timeout: number }) =>
  RcMap.get(agents, from).pipe(
    Effect.flatMap((agent) =>
      Effect.mapError(
        // The agent answers in time whatever the network does; the rest is for its start on a busy machine.
        agent.ask(request, request.timeout + 10_000),
        (failure) => new ExchangeFailed({ from, target, reason: reasonOf(failure), detail: failure.detail })
      )
    ),
    Effect.scoped
  )

const bounds = (options: ExchangeOptions | undefined) => ({
  timeout: options?.timeout ?? 2_000,
  ...(options?.localAddress === undefined ? {} : { localAddress: options.localAddress })
})

const makeHttp =
  (agents: Agents): Traffic["http"] =>
  (from, url, options) =>
    exchange(agents, from, url, { op: "http", url, ...bounds(options) }).pipe(
      Effect.map((value) => {
        const { status, body } = value as { readonly status: number; readonly body: string }
        return { status, body, seen: seenIn(body) }
      })
    )

const makeUdp =
  (agents: Agents): Traffic["udp"] =>
  (from, { address, port, message }, options) => {
    const request = { op: "udp", address, port, message: Buffer.from(message).toString("base64") } as const
    return exchange(agents, from, `udp ${address}:${port}`, { ...request, ...bounds(options) }).pipe(
      Effect.map((value) => {
        const reply = value as { readonly message: string; readonly address: string; readonly port: number }
        const bytes = Buffer.from(reply.message, "base64")
        const echo = decodeUdpEcho(bytes)
        const text = echo?.message ?? bytes.toString("utf8")
        return { ...reply, message: new Uint8Array(bytes), text, seen: echo?.seen ?? seenIn(text) }
      })
    )
  }

/** Start one server of an agent, and stop it with the scope. */
export const listen = (
  agent: Agent,
  request: Extract<AgentRequest, { readonly port: number; readonly address: string; readonly op: `serve${string}` }>
): Effect.Effect<number, PrivateHostError, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.mapError(
      agent.ask(request),
      ({ detail }) =>
        new PrivateHostError({ action: "listen on", object: `${request.address}:${request.port}`, detail })
    ),
    (value) => Effect.ignore(agent.ask({ op: "close", key: (value as { readonly key: number }).key }))
  ).pipe(Effect.map((value) => (value as { readonly port: number }).port))

/**
 * Traffic between places. One agent process per place, while anybody needs it: an agent left in a namespace would keep
 * the namespace alive that a test is about to delete.
 */
export const makeTraffic: Effect.Effect<
  Traffic & { readonly agent: (at: Place) => Effect.Effect<Agent, PrivateHostError, Scope.Scope> },
  never,
  Scope.Scope
> = Effect.gen(function* () {
  const agents: Agents = yield* RcMap.make({ lookup: (place: Place) => makeAgent(enter(place)) })
  const agent = (at: Place) => RcMap.get(agents, at)
  const serve: Traffic["serve"] = (at, { protocol, port, address = "0.0.0.0", page }) =>
    Effect.flatMap(agent(at), (one) =>
      listen(one, { op: protocol === "udp" ? "serveUdp" : "serveHttp", address, port, page })
    )
  return {
    agent,
    http: makeHttp(agents),
    udp: makeUdp(agents),
    serve,
    run: (at, argv, options) => run([...enter(at), ...argv], options)
  }
})
