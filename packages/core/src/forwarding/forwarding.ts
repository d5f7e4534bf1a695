import type { Netns } from "../ops/Netns.ts"
import type { SysctlKey } from "../ops/SysctlOps.ts"
import type { ForwardingMode } from "../plan/AttachRequest.ts"
import type { Share } from "../plan/Plan.ts"
import type { SysctlResource } from "../resource/Resource.ts"

/** `net.ipv4.ip_forward`: the switch for the whole namespace. */
export const ipForwardKey: SysctlKey = ["net", "ipv4", "ip_forward"]

const deviceKey = (device: string, parameter: string): SysctlKey => ["net", "ipv4", "conf", device, parameter]

const parameter = (netns: Netns, key: SysctlKey, link?: string): SysctlResource => ({
  kind: "Sysctl",
  netns,
  key,
  value: "1",
  ...(link === undefined ? {} : { link })
})

/** The key of the share that is `ip_forward`: whoever holds it goes about forwarding in the `global` way. */
export const ipForwardShare = "sysctl.ip_forward"

const uplinkPrefix = "sysctl.forwarding."

/**
 * What keeps packets flowing between guests and the world, held by every lease and put back with the last one.
 *
 * - `global`: `net.ipv4.ip_forward`, and the flag of the uplink should somebody have taken that out: without it the
 *   answers end there. It comes second, for a change of `ip_forward` sets it
 * - `per-interface`: the flag of the uplink only, for the answers; the guests' side is in `deviceSysctls`
 * - `require`: nothing is ever written; the host must forward already
 */
export const forwardingShares = (mode: ForwardingMode, netns: Netns, uplink: string | null): ReadonlyArray<Share> => {
  switch (mode) {
    case "global":
      return [{ key: ipForwardShare, resources: [parameter(netns, ipForwardKey)] }, ...uplinkShares(netns, uplink)]
    case "per-interface":
      return uplinkShares(netns, uplink)
    case "require":
      return []
  }
}

/** The flag that lets in what a device receives for others. */
export const forwardingKey = (device: string): SysctlKey => deviceKey(device, "forwarding")

const uplinkShares = (netns: Netns, uplink: string | null): ReadonlyArray<Share> =>
  uplink === null
    ? []
    : [{ key: `${uplinkPrefix}${keyPart(uplink)}`, resources: [parameter(netns, forwardingKey(uplink))] }]

/**
 * Parameters of a gateway device of ours, gone with it: forwarding whatever `conf.default` says, and `route_localnet` so
 * that ports published on 127.0.0.1 work (the firewall layout drops 127/8 that comes in from a device of ours).
 */
export const deviceSysctls = (mode: ForwardingMode, netns: Netns, device: string): ReadonlyArray<SysctlResource> =>
  mode === "require"
    ? []
    : [
        parameter(netns, deviceKey(device, "forwarding"), device),
        parameter(netns, deviceKey(device, "route_localnet"), device)
      ]

/** Interface names may contain anything; share keys are `[a-z0-9._-]`. One-to-one. */
const keyPart = (name: string): string =>
  name.replace(/[^a-z0-9.-]/g, (character) => `_${character.codePointAt(0)!.toString(16)}_`)

/** The share that `forwardingShares` gives such a key; nothing for a key that it gives none. */
export const forwardingShare = (key: string, netns: Netns): Share | undefined => {
  if (key === ipForwardShare) return forwardingShares("global", netns, null)[0]
  const device = key.startsWith(uplinkPrefix) ? nameOf(key.slice(uplinkPrefix.length)) : ""
  return isDevice(device) ? uplinkShares(netns, device).find((share) => share.key === key) : undefined
}

/** What `keyPart` was made from, if it was. */
const nameOf = (part: string): string =>
  part.replace(/_([0-9a-f]{1,4})_/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/** See `dev_valid_name` in net/core/dev.c, and `sysctl_dev_name_is_allowed` in net/ipv4/devinet.c. */
const isDevice = (name: string): boolean =>
  /^[^\s/:\0]{1,15}$/.test(name) &&
  new TextEncoder().encode(name).length <= 15 &&
  ![".", "..", "all", "default"].includes(name)
