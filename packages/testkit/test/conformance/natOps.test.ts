import { MemoryKernel } from "@vmnet/testkit"
import { natOpsConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { memoryFixture } from "./memoryFixture.ts"

natOpsConformance("in memory", () => {
  const kernel = MemoryKernel.make()
  return Layer.merge(kernel.layer, memoryFixture(kernel))
})
