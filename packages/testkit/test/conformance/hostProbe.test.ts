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
