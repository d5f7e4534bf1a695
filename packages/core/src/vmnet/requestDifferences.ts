import { formatTapOwner } from "../names/ids.ts"
import { formatEgress } from "../net/Egress.ts"
import { formatPublish } from "../net/Publish.ts"
import { netnsKey } from "../ops/Netns.ts"
import type { AttachRequest, PublishSpec } from "../plan/AttachRequest.ts"

/** Ports that only one of two requests publishes, as `publish` and `unpublish` take them. */
export const publishDifference = (
  live: AttachRequest,
  asked: AttachRequest
): { readonly extra: ReadonlyArray<string>; readonly missing: ReadonlyArray<string> } => {
  const [has, wants] = [live.publish.map(formatPublish), asked.publish.map(formatPublish)]
  return { extra: has.filter((spec) => !wants.includes(spec)), missing: wants.filter((spec) => !has.includes(spec)) }
}

/** In which order ports are published is nothing about them. */
export const publishOrder = (publish: ReadonlyArray<PublishSpec>): ReadonlyArray<PublishSpec> =>
  publish.toSorted((a, b) => (formatPublish(a) < formatPublish(b) ? -1 : 1))

/** How the requests of a VM differ, a few words each: `mtu is 1500, not 1400`. What cannot be said shortly is left out. */
export const differenceWords = (live: AttachRequest, asked: AttachRequest): ReadonlyArray<string> => [
  ...compared(settingsOf(live), settingsOf(asked)),
  ...publishWords(live, asked)
]

/** How many ports are named one by one. */
export const mostPorts = 5

const publishWords = (live: AttachRequest, asked: AttachRequest): ReadonlyArray<string> => {
  const { extra, missing } = publishDifference(live, asked)
  return [
    ...(extra.length === 0 ? [] : [`it publishes ${listed(extra)} as well`]),
    ...(missing.length === 0 ? [] : [`it does not publish ${listed(missing)}`])
  ]
}

const listed = (specs: ReadonlyArray<string>): string =>
  specs.length <= mostPorts
    ? specs.join(" ")
    : `${specs.slice(0, mostPorts).join(" ")} and ${specs.length - mostPorts} more`

type Settings = Readonly<Record<string, unknown>>

/** By the names they have on the command line and in a configuration. */
const settingsOf = ({ address, egress, forwarding, mac, network, owner, tapOwner, target }: AttachRequest) => ({
  ...network,
  forwarding,
  egress: formatEgress(egress).join(" "),
  ip: address,
  mac,
  owner: owner === undefined ? undefined : `pid ${owner.pid}`,
  target: target === undefined ? undefined : netnsKey(target),
  tapOwner: tapOwner === undefined ? undefined : formatTapOwner(tapOwner)
})

const compared = (live: Settings, asked: Settings): ReadonlyArray<string> => {
  // Another network differs in all there is to it, and so does another backend.
  const decisive = ["backend", "network"].find((key) => live[key] !== asked[key])
  const keys = decisive === undefined ? Object.keys({ ...live, ...asked }) : [decisive, "forwarding"]
  return keys.flatMap((key) => {
    const [is, not] = [shown(live[key]), shown(asked[key])]
    return is === not || is.length + not.length > 60 ? [] : [`${key} is ${is}, not ${not}`]
  })
}

const shown = (value: unknown): string => {
  if (value === undefined) return "none"
  return typeof value === "object" ? JSON.stringify(value) : String(value)
}
