import { layerHost, layerVmnetHost } from "vmnet/effect"
import type { EngineOptions } from "./Engine.ts"

/** What a request is made from, and nothing that opens a ledger. */
export const host = layerHost

/** `Vmnet` on this host, its record in `stateDir`. */
export const vmnet = ({ stateDir }: EngineOptions) => layerVmnetHost({ stateDir })
