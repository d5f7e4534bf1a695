import type { ForwardingFacts, InterfaceSetting, KernelFacts, NeighbourFacts, TableUse } from "@vmnet/core"
import { readText, readValue } from "./look.ts"

const net = "/proc/sys/net"

/** Names of devices may hold dots, which are part of the path here. */
const ofInterfaces = (parameter: string, uplink: string | null): InterfaceSetting => {
  const at = (device: string) => readValue(`${net}/ipv4/conf/${device}/${parameter}`)
  return { all: at("all"), default: at("default"), uplink: uplink === null ? null : at(uplink) }
}

export const forwarding = (uplink: string | null): ForwardingFacts => ({
  global: readValue(`${net}/ipv4/ip_forward`),
  ...ofInterfaces("forwarding", uplink)
})

export const rpFilter = (uplink: string | null): InterfaceSetting => ofInterfaces("rp_filter", uplink)

export const bridgeNetfilter = (): string | null => readValue(`${net}/bridge/bridge-nf-call-iptables`)

const count = (path: string): number | null => {
  const text = readValue(path)
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}

export const conntrack = (): TableUse => ({
  used: count(`${net}/netfilter/nf_conntrack_count`),
  max: count(`${net}/netfilter/nf_conntrack_max`)
})

/** Of the whole machine where the kernel tells it (a hexadecimal column, only outside of containers), else of what is listed here. */
const neighbourCount = (): number | null => {
  const lines = (readText("/proc/net/stat/arp_cache") ?? "").split("\n")
  const entries = lines[1]?.trim().split(/\s+/)[0] ?? ""
  if (/^[0-9a-f]{1,8}$/.test(entries)) return Number.parseInt(entries, 16)
  const listed = readText("/proc/net/arp")
  return listed === null ? null : Math.max(0, listed.trimEnd().split("\n").length - 1)
}

export const neighbours = (): NeighbourFacts => {
  const threshold = (index: number) => count(`${net}/ipv4/neigh/default/gc_thresh${index}`)
  return { used: neighbourCount(), max: threshold(3), thresholds: [threshold(1), threshold(2)] }
}

export const kernel = (): KernelFacts => ({
  release: readValue("/proc/sys/kernel/osrelease"),
  maxUserNamespaces: readValue("/proc/sys/user/max_user_namespaces"),
  unprivilegedUserNamespaces: readValue("/proc/sys/kernel/unprivileged_userns_clone"),
  apparmorRestriction: readValue("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
})
