import { type HostOptions, layerHost, layerSurvey, layerVmnetHost } from "vmnet/effect"

/** What a request is made from, and nothing that opens a ledger. */
export const host = layerHost

/** `Vmnet` on this host, its record in `stateDir`. */
export const vmnet = (options: Pick<HostOptions, "ops" | "stateDir">) => layerVmnetHost(options)

/** What looks at this host. */
export const survey = layerSurvey
