import { LinkOps } from "@vmnet/core"
import { Context, Layer } from "effect"
import { programs } from "../layers.ts"

/** The same contract by way of `ip`, to be compared with. */
export class OverIp extends Context.Service<OverIp, LinkOps["Service"]>()("@vmnet/ops-native/test/OverIp") {}

export const overIp = Layer.effect(OverIp, LinkOps).pipe(Layer.provide(programs))
