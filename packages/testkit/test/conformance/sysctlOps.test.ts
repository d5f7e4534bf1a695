import { MemoryKernel } from "@vmnet/testkit"
import { sysctlOpsConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { memoryFixture } from "./memoryFixture.ts"

sysctlOpsConformance("in memory", () => {
  const kernel = MemoryKernel.make()
  return Layer.merge(kernel.layer, memoryFixture(kernel))
})
