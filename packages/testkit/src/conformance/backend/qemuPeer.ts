import type { Attachment } from "@vmnet/core"
import { Effect, type Scope } from "effect"
import { Guest, type GuestShape } from "../../guest/Guest.ts"
import type { BackendSubject } from "./BackendSubject.ts"
import type { PeerHands } from "./Peer.ts"

const bootOptions = (attachment: Attachment, enter: BackendSubject["enter"]) => {
  const { device, guest } = attachment
  const door = device.netns === null ? {} : { netns: device.netns }
  return {
    device: device.name,
    mac: guest.mac,
    address: guest.address,
    gateway: guest.gateway,
    dns: guest.dns,
    mtu: guest.mtu,
    ...(enter === undefined ? door : { enter: enter(attachment) })
  }
}

const signalled = (guest: GuestShape, signal: string) =>
  Effect.asVoid(Effect.orDie(guest.exec(["killall", signal, "udp-echo"])))

/** A virtual machine on the TAP of an attachment, wherever that is. */
export const qemuPeer = (
  attachment: Attachment,
  enter: BackendSubject["enter"]
): Effect.Effect<PeerHands, never, Scope.Scope> =>
  Effect.gen(function* () {
    const guest = yield* Effect.orDie(Guest.boot(bootOptions(attachment, enter)))
    const serve: PeerHands["serve"] = (server) => Effect.orDie(guest.serve(server))
    return {
      attachment,
      netns: null,
      link: "eth0",
      busybox: (argv, seconds) =>
        guest.exec(["timeout", "-s", "KILL", `${seconds}`, ...argv], { timeout: (seconds + 10) * 1_000 }).pipe(
          Effect.orDie,
          Effect.map(({ exitCode, stdout }) => ({ exitCode, stdout }))
        ),
      serve,
      // Stopped, it leaves what comes in its socket's queue; continued, it answers that.
      serveSlowly: (port) =>
        Effect.as(serve({ protocol: "udp", port, page: "slow" }), {
          pause: signalled(guest, "-STOP"),
          goOn: signalled(guest, "-CONT")
        }),
      resolver: []
    }
  })
