import { type DoctorContext, type HostFacts, type NetworkSpec, seen } from "@vmnet/core"

export const network: NetworkSpec = {
  network: "bridge",
  backend: "bridge",
  subnet: "10.0.42.0/24",
  gateway: "10.0.42.1",
  dns: [],
  mtu: 1500,
  addressing: "hash",
  exclude: [],
  isolated: false,
  hostAccess: false,
  masquerade: true,
  cooldown: 60
}

export const context: DoctorContext = { networks: [network], forwarding: "global", stateDir: "/run/vmnet" }

/** One with a ledger in it, and nothing wrong. */
export const stateDirectory = {
  kind: "directory",
  uid: 0,
  mode: 0o700,
  unwritable: seen(null),
  ledger: seen({ bytes: 4096, format: 6 })
} as const

const setting = { all: "0", default: "0", uplink: "0" }

export const program = (name: string, version = "1") => ({ program: name, found: true, distrusted: null, version })

const well: HostFacts = {
  routing: seen({ uplink: "eth0", defaultRoutes: 1, routes: [{ destination: "0.0.0.0/0", link: "eth0" }] }),
  forwarding: seen({ global: "1", all: "1", default: "1", uplink: "1" }),
  rpFilter: seen(setting),
  bridgeNetfilter: seen(null),
  nft: seen([]),
  legacy: seen([]),
  conntrack: seen({ used: 10, max: 1000 }),
  neighbours: seen({ used: 10, max: 1000, thresholds: [128, 512] }),
  programs: [program("ip"), program("nft"), program("iptables", "iptables v1.8.9 (nf_tables)")],
  process: seen({ uid: 0, missing: [] }),
  tun: seen({ character: true, mode: 0o666, usable: true }),
  networkManager: seen({ running: false, unmanaged: [] }),
  networkd: seen({ running: false, files: [] }),
  kernel: seen({
    release: "6.18.0",
    maxUserNamespaces: "1",
    unprivilegedUserNamespaces: null,
    apparmorRestriction: null
  }),
  stateDirectory: seen(null)
}

/** A host on which all is well, but for what is given. */
export const factsWith = (facts: Partial<HostFacts> = {}): HostFacts => ({ ...well, ...facts })
