import type { Attachment } from "@vmnet/core"
import { Effect, type Scope } from "effect"
import { PrivateHost } from "../../host/PrivateHost.ts"
import { listening } from "../../host/Talk.ts"
import type { Place } from "../../host/Traffic.ts"
import { runAt } from "./outside.ts"
import type { PeerHands } from "./Peer.ts"

/** An empty named namespace, gone with the scope. */
export const emptyNetns = Effect.fn("emptyNetns")(function* (netns: string) {
  const host = yield* PrivateHost
  yield* Effect.acquireRelease(runAt("host", ["ip", "netns", "add", netns]), () =>
    Effect.orDie(host.run("host", ["ip", "netns", "delete", netns]))
  )
  return `/run/netns/${netns}` as const
})

/** A guest that is a network namespace with a veth in it: programs of the host, run there. */
export const netnsPeer = (
  attachment: Attachment,
  netns: Place
): Effect.Effect<PeerHands, never, PrivateHost | Scope.Scope> =>
  Effect.map(PrivateHost, (host) => ({
    attachment,
    netns,
    link: attachment.device.name,
    busybox: (argv, seconds) =>
      host.run(netns, ["timeout", "-s", "KILL", `${seconds}`, "busybox", ...argv]).pipe(
        Effect.orDie,
        Effect.map(({ exitCode, stdout }) => ({ exitCode: exitCode ?? 1, stdout }))
      ),
    serve: (server) => Effect.asVoid(Effect.orDie(host.serve(netns, server))),
    serveSlowly: (port) =>
      Effect.map(listening(netns, { protocol: "udp", address: "0.0.0.0", port }), (server) => ({
        pause: Effect.void,
        goOn: Effect.andThen(server.next, server.send("late"))
      })),
    resolver: attachment.guest.dns.slice(0, 1)
  }))
