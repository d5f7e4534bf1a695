import { layer } from "@effect/vitest"
import type { NatOps } from "@vmnet/core"
import type { Layer } from "effect"
import type { KernelFixture } from "./KernelFixture.ts"
import { natFindings } from "./natFindings.ts"
import { natHistories } from "./natHistories.ts"
import { natLayout } from "./natLayout.ts"
import { natRestoring } from "./natRestoring.ts"
import { natRoundTrip } from "./natRoundTrip.ts"
import { natSlots } from "./natSlots.ts"
import { natTransactions } from "./natTransactions.ts"

/** What every `NatOps` must do. Call it at the top of a test file; the layer is built once for all its tests. */
export const natOpsConformance = <E>(name: string, makeLayer: () => Layer.Layer<NatOps | KernelFixture, E>): void => {
  layer(makeLayer(), { excludeTestServices: true })(`NatOps: ${name}`, (it) => {
    natLayout(it)
    natRoundTrip(it)
    natTransactions(it)
    natFindings(it)
    natRestoring(it)
    natSlots(it)
    natHistories(it)
  })
}
