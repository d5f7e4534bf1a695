import type { HostFacts } from "../../ops/HostSurvey.ts"
import type { Blocked } from "./blocked.ts"

/** The `iptables` that writes into nft here: the plain name is the legacy one on some hosts. */
const iptablesNft = ({ programs }: HostFacts): string | undefined => {
  const found = (program: string) => programs.find((one) => one.program === program && one.found)
  if (found("iptables")?.version?.includes("nf_tables") === true) return "iptables"
  return found("iptables-nft") === undefined ? undefined : "iptables-nft"
}

/** The same two commands for every kind of device, in and out. */
const forDevices = (devices: ReadonlyArray<string>, command: (side: "in" | "out") => string): string => {
  const both = `${command("in")} && ${command("out")}`
  return devices.length === 1
    ? both.replaceAll("$d", devices[0]!)
    : `for d in ${devices.join(" ")}; do ${both.replaceAll("$d", "${d}")}; done`
}

const option = { in: "-i", out: "-o" } as const
const key = { in: "iifname", out: "oifname" } as const

const insert = (program: string, chain: string, devices: ReadonlyArray<string>): string =>
  forDevices(devices, (side) => `${program} -I ${chain} ${option[side]} $d+ -j ACCEPT`)

/** Names that a shell and nft take as they are; any other is for a person to look at. */
const isPlain = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)

const nftInsert = ({ devices, family, table }: Blocked, chain: string): string => {
  if (![table, chain].every(isPlain)) return "nft -a list ruleset # accept the devices above in that chain"
  return forDevices(devices, (side) => `nft "insert rule ${family} ${table} ${chain} ${key[side]} \\"$d*\\" accept"`)
}

/** Where Docker asks others to put their rules: it is called first, and never rewritten. */
const dockerUser = "DOCKER-USER"

const inIptables = (blocked: Blocked, facts: HostFacts, chain: string): string => {
  if (blocked.layer === "iptables-legacy") return insert("iptables-legacy", chain, blocked.devices)
  const program = iptablesNft(facts)
  return program === undefined ? nftInsert(blocked, chain) : insert(program, chain, blocked.devices)
}

/** ufw and firewalld write their chains anew whenever they are reloaded: what is to last is told to them. */
const ufw = ({ devices }: Blocked): string => forDevices(devices, (side) => `ufw route allow ${side} on $d+`)

const firewalld = ({ devices }: Blocked): string =>
  `firewall-cmd --permanent --zone=trusted ${devices.map((device) => `--add-interface=${device}+`).join(" ")} && firewall-cmd --reload`

/** What lets guests through where they are dropped, in the words of whoever drops them. */
export const acceptIn = (blocked: Blocked, facts: HostFacts, hasDockerUser: boolean): string => {
  if (blocked.owner === "firewalld") return firewalld(blocked)
  if (blocked.owner === "ufw") return ufw(blocked)
  if (blocked.layer === "nft") return nftInsert(blocked, blocked.chain)
  const chain = blocked.owner === "Docker" && hasDockerUser ? dockerUser : blocked.chain
  return inIptables(blocked, facts, chain)
}
