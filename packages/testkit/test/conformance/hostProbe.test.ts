import { hostNetns } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { HostFixture, hostProbeConformance } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"

const hostFixture = (kernel: MemoryKernel): Layer.Layer<HostFixture> => {
  let nextPort = 20_000
  return Layer.succeed(HostFixture, {
    process: Effect.sync(() => {
      const { pid } = kernel.host.startProcess()
      return { pid, end: Effect.sync(() => kernel.host.endProcess(pid)) }
    }),
    apart: Effect.sync(() => {
      const { pid } = kernel.host.startProcess({ netns: "fresh" })
      return { pid, end: Effect.sync(() => kernel.host.endProcess(pid)) }
    }),
    tapHolder: Effect.sync(() => {
      const device = "tap-held"
      const { pid } = kernel.host.startProcess()
      kernel.foreign.link(hostNetns, { link: device, type: "tun" })
      kernel.host.openTap(pid, device)
      return {
        pid,
        device,
        unplug: Effect.sync(() => kernel.foreign.unplug(hostNetns, device)),
        end: Effect.sync(() => kernel.host.endProcess(pid))
      }
    }),
    zombie: Effect.sync(() => {
      const { pid } = kernel.host.startProcess()
      kernel.host.endUnreaped(pid)
      return pid
    }),
    bind: (protocol, address) =>
      Effect.sync(() => {
        const socket = { protocol, address, port: nextPort++ }
        kernel.host.bind(socket)
        return { port: socket.port, close: Effect.sync(() => kernel.host.unbind(socket)) }
      })
  })
}

hostProbeConformance("in memory", () => {
  const kernel = MemoryKernel.make()
  kernel.host.setResolvers(["192.0.2.53"])
  kernel.host.setMissingCapabilities(["CAP_NET_ADMIN"])
  return Layer.merge(kernel.layer, hostFixture(kernel))
})
