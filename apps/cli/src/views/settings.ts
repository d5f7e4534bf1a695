import { type AttachRequest, formatEgress, formatPublish, netnsKey } from "@vmnet/core"
import type { Cell } from "./columns.ts"

const shown = (value: unknown): string => {
  if (value === undefined) return ""
  if (Array.isArray(value)) return value.join(" ")
  return typeof value === "object" ? JSON.stringify(value) : `${value as string}`
}

/** What a setting came to be, under the name its origin has. */
const valueOf = (request: AttachRequest, setting: string): unknown => {
  switch (setting) {
    case "network":
      return request.network.network
    case "ip":
    case "slot":
      return request.address
    case "owner":
      return request.owner === undefined ? undefined : `pid ${request.owner.pid}`
    case "target":
      return request.target === undefined ? undefined : netnsKey(request.target)
    case "tapOwner":
      return request.tapOwner === undefined ? undefined : Object.values(request.tapOwner).join(":")
    case "publish":
      return request.publish.map(formatPublish)
    case "egress":
      return formatEgress(request.egress)
    case "backend":
    case "mac":
    case "forwarding":
      return request[setting]
    default: {
      const option = setting.replace(/^network\./, "")
      return { ...request.network.options, ...request.network }[option]
    }
  }
}

/** Each setting of a request that has a value, and where it came from. */
export const settingRows = (request: AttachRequest): ReadonlyArray<ReadonlyArray<Cell>> =>
  Object.entries(request.origins ?? {}).flatMap(([setting, origin]) => {
    const value = shown(valueOf(request, setting))
    return value === "" ? [] : [[setting, value, origin]]
  })
