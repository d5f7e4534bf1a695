import type { FirewallChain, FirewallTable } from "../../ops/Firewall.ts"

/** Who keeps a firewall: told by the names it gives to tables and chains. */
export type FirewallOwner = "Docker" | "ufw" | "firewalld" | "libvirt" | "kube-proxy" | "Calico" | null

const chainNames: ReadonlyArray<readonly [RegExp, FirewallOwner]> = [
  [/^DOCKER(?:-|$)/, "Docker"],
  [/^ufw6?-/, "ufw"],
  [/^LIBVIRT_/, "libvirt"],
  [/^cali-/, "Calico"],
  [/^KUBE-/, "kube-proxy"]
]

const tableNames: ReadonlyArray<readonly [RegExp, FirewallOwner]> = [
  [/^firewalld$/, "firewalld"],
  [/^libvirt_network$/, "libvirt"],
  [/^docker-bridges$/, "Docker"],
  [/^(?:calico)$/, "Calico"],
  [/^kube-proxy$/, "kube-proxy"]
]

const byName = (names: typeof chainNames, text: string): FirewallOwner =>
  names.find(([pattern]) => pattern.test(text))?.[1] ?? null

const jumpsOf = (chain: FirewallChain): ReadonlyArray<string> =>
  chain.rules.flatMap(({ verdict }) => (verdict?._tag === "Jump" || verdict?._tag === "Goto" ? [verdict.chain] : []))

/**
 * Whose drop it is: by its table, by the chain that drops, else by the chains that the base chain calls, in the order of
 * the list above (Docker's accept chain comes first in FORWARD: it wins against the policy that ufw sets too).
 */
export const ownerOf = ({ table }: FirewallTable, base: FirewallChain, dropping: string): FirewallOwner => {
  const direct = byName(tableNames, table) ?? byName(chainNames, dropping)
  if (direct !== null) return direct
  const called = new Set(jumpsOf(base).map((chain) => byName(chainNames, chain)))
  return chainNames.map(([, owner]) => owner).find((owner) => called.has(owner)) ?? null
}
