import { Commands, NatOps, type OpsError } from "@vmnet/core"
import { type NatOpsOptions, natOpsOver } from "@vmnet/ops-common"
import { Effect, Layer } from "effect"
import { nftProgram } from "./nftProgram.ts"

export type NatOpsNftOptions = NatOpsOptions

/** `NatOps` over the `nft` program, in tables of one install. */
export const NatOpsNft = {
  layer: (options: NatOpsNftOptions): Layer.Layer<NatOps, OpsError, Commands> =>
    Layer.effect(
      NatOps,
      Effect.flatMap(Commands, (commands) => natOpsOver(nftProgram(commands), options))
    )
}
