import { hostNetns, type Netns } from "@vmnet/core"
import type { MemoryKernel } from "@vmnet/testkit"
import { KernelFixture, type PlantedNatEntry } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"

const entryOf = ({ value, ...entry }: PlantedNatEntry) =>
  value === undefined ? entry : { ...entry, value: value.join(" . ") }

const processIn = (kernel: MemoryKernel, netns: Netns) =>
  Effect.acquireRelease(
    Effect.sync(() => kernel.host.startProcess({ netns })),
    (process) => Effect.sync(() => kernel.host.alive(process) && kernel.host.endProcess(process.pid))
  )

const pathOf = (name: string): string => `/run/netns/${name}`

/** The hands of the suites inside a kernel in memory. */
export const memoryFixture = (kernel: MemoryKernel): Layer.Layer<KernelFixture> => {
  let count = 0
  return Layer.succeed(KernelFixture, {
    netns: Effect.acquireRelease(
      Effect.sync(() => kernel.addNetns(`/run/netns/test-${++count}`)),
      (netns) => Effect.sync(() => netns._tag === "Path" && kernel.removeNetns(netns.path))
    ),
    netnsName: Effect.acquireRelease(
      Effect.sync(() => `test-${++count}`),
      (name) => Effect.sync(() => pathOf(name) in kernel.snapshot() && kernel.removeNetns(pathOf(name)))
    ),
    plantNetns: (name, what) =>
      Effect.sync(() => {
        if (what === "netns") kernel.addNetns(pathOf(name))
        else kernel.foreign.blankNetns(pathOf(name), what === "file" ? "file" : "symlink")
      }),
    process: (netns) =>
      Effect.map(processIn(kernel, netns), ({ pid, startTime }) => ({
        netns: { _tag: "Process", pid, startTime },
        end: Effect.sync(() => kernel.host.endProcess(pid))
      })),
    openTap: (netns, link) =>
      Effect.map(processIn(kernel, hostNetns), ({ pid }) => {
        kernel.host.openTap(pid, link, netns)
        return { end: Effect.sync(() => kernel.host.endProcess(pid)) }
      }),
    plantLink: (netns, link) => Effect.sync(() => kernel.foreign.link(netns, { ...link, type: "bridge" })),
    plantNatEntry: (netns, entry) => Effect.sync(() => kernel.foreign.natEntry(netns, entryOf(entry))),
    deleteNatEntry: (netns, entry) => Effect.sync(() => kernel.foreign.deleteNatEntry(netns, entry)),
    damageLayout: (netns) => Effect.sync(() => kernel.foreign.damageLayout(netns))
  })
}
