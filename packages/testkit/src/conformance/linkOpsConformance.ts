import { layer } from "@effect/vitest"
import type { LinkOps } from "@vmnet/core"
import type { Layer } from "effect"
import type { KernelFixture } from "./KernelFixture.ts"
import { linkAddresses } from "./linkAddresses.ts"
import { linkBatches } from "./linkBatches.ts"
import { linkConfigured } from "./linkConfigured.ts"
import { linkCreation } from "./linkCreation.ts"
import { linkNetns } from "./linkNetns.ts"
import { linkHistories } from "./linkHistories.ts"
import { linkMending } from "./linkMending.ts"
import { linkNames } from "./linkNames.ts"
import { linkNamespaces } from "./linkNamespaces.ts"

/** What every `LinkOps` must do. Call it at the top of a test file; the layer is built once for all its tests. */
export const linkOpsConformance = <E>(name: string, makeLayer: () => Layer.Layer<LinkOps | KernelFixture, E>): void => {
  layer(makeLayer(), { excludeTestServices: true })(`LinkOps: ${name}`, (it) => {
    linkCreation(it)
    linkAddresses(it)
    linkConfigured(it)
    linkBatches(it)
    linkMending(it)
    linkNames(it)
    linkNamespaces(it)
    linkNetns(it)
    linkHistories(it)
  })
}
