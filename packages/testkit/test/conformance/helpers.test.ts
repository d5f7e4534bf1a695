import { MemoryKernel } from "@vmnet/testkit"
import { helpersConformance } from "@vmnet/testkit/conformance"
import { Effect } from "effect"

const kernel = MemoryKernel.make()

helpersConformance(
  "in memory",
  () => kernel.layer,
  (pid) => Effect.sync(() => kernel.host.endProcess(pid))
)
