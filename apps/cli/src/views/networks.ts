import type { DownResult, NetworkDetail, WarmResult } from "@vmnet/core"
import type { Document } from "../output/Document.ts"
import { columns, fields } from "./columns.ts"
import { poolText } from "./status.ts"

const headings = ["NETWORK", "BACKEND", "SUBNET", "STATE", "DEVICE", "VMS", "FREE", "POOL", "FROM"]

export const networkListDocument = (networks: ReadonlyArray<NetworkDetail>): Document => ({
  json: { networks },
  table: (style) =>
    columns(
      headings,
      networks.map((one) => [
        one.network,
        one.backend,
        one.subnet,
        { text: one.state, paint: one.state === "up" ? style.green : style.dim },
        one.device ?? "-",
        String(one.vms.length),
        one.free === null ? "-" : String(one.free),
        one.pool === undefined ? "-" : poolText(one.pool),
        one.source
      ]),
      style
    )
})

export const networkDocument = (one: NetworkDetail): Document => ({
  json: one,
  table: (style) =>
    fields(
      [
        ["network", { text: one.network, paint: style.bold }],
        ["backend", one.backend],
        ["subnet", one.subnet],
        ["gateway", one.gateway],
        ["state", { text: one.state, paint: one.state === "up" ? style.green : style.dim }],
        ["device", one.device ?? undefined],
        ["free addresses", one.free === null ? undefined : String(one.free)],
        ["pool", one.pool === undefined ? undefined : poolText(one.pool)],
        ["known from", one.source],
        ["VMs", one.vms.length === 0 ? "none" : one.vms]
      ],
      style
    )
})

export const networkWarmDocument = (result: WarmResult): Document => ({
  json: result,
  table: (style) =>
    columns(
      ["NETWORK", "MADE", "READY", "IN USE"],
      [[result.network, String(result.made), String(result.ready), String(result.leased)]],
      style
    )
})

export const networkRemovedDocument = (network: string, outcome: DownResult["outcome"]): Document => ({
  json: { network, outcome },
  table: (style) => columns(["NETWORK", "OUTCOME"], [[network, outcome]], style)
})
