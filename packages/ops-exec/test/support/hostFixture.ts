import { HostFixture } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"
import { createSocket } from "node:dgram"
import { once } from "node:events"
import { createServer } from "node:net"
import { existsSync } from "node:fs"
import { childrenOf, netnsOf, start, statOf, until } from "./processes.ts"
import { ip } from "./programs.ts"

const listenTcp = async (address: string) => {
  const server = createServer()
  server.listen(0, address)
  await once(server, "listening")
  const bound = server.address()
  const port = typeof bound === "object" && bound !== null ? bound.port : 0
  const close = async () => {
    if (!server.listening) return
    server.close()
    await once(server, "close")
  }
  return { port, close }
}

const bindUdp = async (address: string) => {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4")
  socket.bind(0, address)
  await once(socket, "listening")
  const { port } = socket.address()
  let open = true
  const close = async () => {
    if (!open) return
    open = false
    socket.close()
    await once(socket, "close")
  }
  return { port, close }
}

/** `timeout` starts a child and is stopped before it can wait for it: the child ends, and stays. */
const zombie = Effect.gen(function* () {
  const { pid } = yield* start("timeout", "600", "sleep", "0.2")
  yield* until("timeout has a child", () => childrenOf(pid).length === 1)
  const [child = 0] = childrenOf(pid)
  yield* Effect.sync(() => process.kill(pid, "SIGSTOP"))
  yield* until("the child has ended", () => statOf(child).includes(") Z "))
  return child
})

/** `ioctl(tun, TUNSETIFF, { ifr_name, IFF_TAP | IFF_NO_PI })` and then nothing: Node has no ioctl. */
const hold = (device: string): string =>
  `sysopen(my $tun, "/dev/net/tun", 2) or die; my $ifr = pack("a16 s x22", "${device}", 0x1002);
  ioctl($tun, 0x400454ca, $ifr) or die; sleep`

const tapHolder = Effect.gen(function* () {
  const device = "tap-held"
  const { end, pid } = yield* start("perl", "-e", hold(device))
  yield* until("the TAP is there", () => existsSync(`/proc/sys/net/ipv4/conf/${device}`))
  return { pid, device, end, unplug: Effect.sync(() => void ip("link", "delete", "dev", device)) }
})

/** Processes and sockets of the machine itself. */
export const hostFixture: Layer.Layer<HostFixture> = Layer.succeed(HostFixture, {
  process: start("sleep", "600"),
  apart: Effect.tap(start("unshare", "--net", "sleep", "600"), ({ pid }) =>
    until("it is in its own namespace", () => netnsOf(pid) !== netnsOf("self"))
  ),
  tapHolder,
  zombie,
  bind: (protocol, address) =>
    Effect.acquireRelease(
      Effect.promise(() => (protocol === "tcp" ? listenTcp(address) : bindUdp(address))),
      ({ close }) => Effect.promise(close)
    ).pipe(Effect.map(({ close, port }) => ({ port, close: Effect.promise(close) })))
})
