import { Commands, NatOps, type OpsError } from "@vmnet/core"
import { type NatOpsOptions, natOpsOver } from "@vmnet/ops-common"
import { nftProgram } from "@vmnet/ops-exec"
import { Effect, Layer } from "effect"
import { Places } from "../netns/Places.ts"
import { nftLibrary } from "./nftLibrary.ts"

export type NatOpsNetfilterOptions = NatOpsOptions

/** `NatOps` in this process, in tables of one install; programs are run for namespaces of other users only. */
export const NatOpsNetfilter = {
  layer: (options: NatOpsNetfilterOptions): Layer.Layer<NatOps, OpsError, Commands> =>
    Layer.effect(
      NatOps,
      Effect.gen(function* () {
        const programs = nftProgram(yield* Commands)
        return yield* natOpsOver(nftLibrary(programs, yield* Places), options)
      })
    ).pipe(Layer.provide(Places.layer))
}
