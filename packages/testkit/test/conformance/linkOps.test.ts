import { MemoryKernel } from "@vmnet/testkit"
import { linkOpsConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { memoryFixture } from "./memoryFixture.ts"

linkOpsConformance("in memory", () => {
  const kernel = MemoryKernel.make()
  return Layer.merge(kernel.layer, memoryFixture(kernel))
})
