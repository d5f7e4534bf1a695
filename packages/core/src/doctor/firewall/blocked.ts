import type { FirewallChain, FirewallTable } from "../../ops/Firewall.ts"
import type { HostFacts } from "../../ops/HostSurvey.ts"
import { guest, guestDevices, other, type Way } from "./devices.ts"
import { type FirewallOwner, ownerOf } from "./owner.ts"
import { walk } from "./walk.ts"

export type FirewallLayer = "nft" | "iptables-nft" | "iptables-legacy"

/** A base chain that lets packets of guests through in no case. */
export interface Blocked {
  readonly layer: FirewallLayer
  readonly family: string
  readonly table: string
  readonly chain: string
  readonly priority: number | null
  readonly policy: FirewallChain["policy"]
  /** The chain that drops: the base chain itself, or one it calls. */
  readonly dropping: string
  readonly owner: FirewallOwner
  /** The beginnings of device names whose packets do not pass. */
  readonly devices: ReadonlyArray<string>
}

export type Hook = "forward" | "input" | "prerouting"

/** What guests send, and what comes back to them. */
const waysOf = (hook: Hook, prefix: (typeof guestDevices)[number], uplink: string | null): ReadonlyArray<Way> => {
  const out: Way = { in: guest(prefix), out: other(hook === "forward" ? uplink : null), state: "new" }
  if (hook !== "forward") return [out]
  return [out, { in: other(uplink), out: guest(prefix), state: "established" }]
}

/** The tables of iptables have fixed names, and their base chains those of the hooks in capitals (iptables(8)). */
const layerOf = (table: FirewallTable, base: FirewallChain): FirewallLayer =>
  /^(?:filter|nat|mangle|raw|security)$/.test(table.table) && base.chain === base.hook?.toUpperCase()
    ? "iptables-nft"
    : "nft"

/** vmnet's own tables, of whatever install, keep out only what they are to keep out. */
const isOurs = ({ table }: FirewallTable): boolean => /^vmnet_[0-9a-f]{8}$/.test(table)

const blockedBy = (table: FirewallTable, base: FirewallChain, ways: ReadonlyArray<Way>): string | undefined =>
  ways.flatMap((way) => {
    const outcome = walk(table, base, way)
    return outcome._tag === "Dropped" ? [outcome.chain] : []
  })[0]

const inTable = (
  table: FirewallTable,
  hook: Hook,
  uplink: string | null,
  layer: (base: FirewallChain) => FirewallLayer
): ReadonlyArray<Blocked> =>
  table.chains
    .filter((base) => base.hook === hook)
    .flatMap((base) => {
      const found = guestDevices.flatMap((prefix) => {
        const dropping = blockedBy(table, base, waysOf(hook, prefix, uplink))
        return dropping === undefined ? [] : [{ prefix, dropping }]
      })
      const [first] = found
      if (first === undefined) return []
      const { chain, policy, priority } = base
      const { dropping } = first
      const owner = ownerOf(table, base, dropping)
      const devices = found.map(({ prefix }) => prefix)
      const { family, table: name } = table
      return [{ layer: layer(base), family, table: name, chain, priority, policy, dropping, owner, devices }]
    })

/** The base chains of a hook, in the nft ruleset or in iptables-legacy's, that drop what guests send or get. */
export const blockedAt = (
  hook: Hook,
  facts: HostFacts,
  tables: ReadonlyArray<FirewallTable>,
  legacy: boolean
): ReadonlyArray<Blocked> => {
  const uplink = facts.routing._tag === "Seen" ? facts.routing.value.uplink : null
  return tables
    .filter((table) => ["ip", "inet"].includes(table.family) && !isOurs(table))
    .flatMap((table) => inTable(table, hook, uplink, (base) => (legacy ? "iptables-legacy" : layerOf(table, base))))
}
