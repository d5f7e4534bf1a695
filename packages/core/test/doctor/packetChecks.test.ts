import { describe } from "@effect/vitest"
import { seen, unseen } from "@vmnet/core"
import { network, program } from "./support/facts.ts"
import { type Row, testRows } from "./support/rows.ts"

const rp = (all: string, uplink: string) => seen({ all, default: "0", uplink })
const routes = (uplink: string | null, defaultRoutes: number, ...destinations: ReadonlyArray<string>) =>
  seen({ uplink, defaultRoutes, routes: destinations.map((destination) => ({ destination, link: "tun0" })) })
const off = { global: "0", all: "0", default: "0", uplink: "0" }
const base = { hook: "input", chain: "in", priority: 0, policy: "drop", rules: [] } as const
const dropping = (hook: string) => seen([{ family: "inet", table: "mine", chains: [{ ...base, hook }] }])

const rows: ReadonlyArray<Row> = [
  ["forwarding on", "forwarding", {}, "ok"],
  ["forwarding off, which vmnet changes", "forwarding", { forwarding: seen(off) }, "ok"],
  [
    "forwarding off, which it may not",
    "forwarding",
    { forwarding: seen(off) },
    "problem",
    "sysctl -w net.ipv4.ip_forward=1 && sysctl -w net.ipv4.conf.default.forwarding=1",
    { forwarding: "require" }
  ],
  ["a strict filter and one way out", "rp-filter", { rpFilter: rp("1", "0") }, "ok"],
  [
    "a strict filter and two ways out",
    "rp-filter",
    { rpFilter: rp("0", "1"), routing: routes("eth0", 2) },
    "warning",
    "sysctl -w net.ipv4.conf.eth0.rp_filter=2"
  ],
  ["a loose filter wins over a strict one", "rp-filter", { rpFilter: rp("2", "1"), routing: routes("eth0", 2) }, "ok"],
  [
    "a strict filter on a device with a hostile name",
    "rp-filter",
    { rpFilter: rp("1", "1"), routing: routes("$(x)", 2) },
    "warning",
    "sysctl -w net.ipv4.conf.all.rp_filter=2"
  ],
  ["br_netfilter where nothing drops", "br-netfilter", { bridgeNetfilter: seen("1") }, "ok"],
  [
    "br_netfilter where nobody could read the rules",
    "br-netfilter",
    { bridgeNetfilter: seen("1"), nft: unseen("Operation not permitted", true) },
    "warning",
    "sudo vmnet doctor"
  ],
  [
    "br_netfilter where a chain drops",
    "br-netfilter",
    { bridgeNetfilter: seen("1"), nft: dropping("forward") },
    "warning",
    /^sysctl -w net\.bridge\.bridge-nf-call-iptables=0/
  ],
  [
    "no br_netfilter where a chain drops",
    "br-netfilter",
    { bridgeNetfilter: seen("0"), nft: dropping("forward") },
    "ok"
  ],
  [
    "a drop before routing",
    "prerouting-chains",
    { nft: dropping("prerouting") },
    "problem",
    /insert rule inet mine in iifname/
  ],
  ["a drop at input", "input-chains", { nft: dropping("input") }, "ok"],
  [
    "a drop at input, with hostAccess",
    "input-chains",
    { nft: dropping("input") },
    "warning",
    /insert rule/,
    { networks: [{ ...network, hostAccess: true }] }
  ],
  ["conntrack with room", "conntrack", { conntrack: seen({ used: 799, max: 1000 }) }, "ok"],
  [
    "conntrack nearly full",
    "conntrack",
    { conntrack: seen({ used: 800, max: 1000 }) },
    "warning",
    "sysctl -w net.netfilter.nf_conntrack_max=2000"
  ],
  [
    "conntrack full",
    "conntrack",
    { conntrack: seen({ used: 950, max: 1000 }) },
    "problem",
    "sysctl -w net.netfilter.nf_conntrack_max=2000"
  ],
  ["no conntrack", "conntrack", { conntrack: seen({ used: null, max: null }) }, "ok"],
  [
    "neighbours full",
    "neighbours",
    { neighbours: seen({ used: 1024, max: 1024, thresholds: [1, 2] }) },
    "problem",
    "sysctl -w net.ipv4.neigh.default.gc_thresh3=2048 net.ipv4.neigh.default.gc_thresh2=1024"
  ],
  [
    "a program that is missing",
    "tools",
    { programs: [{ ...program("nft"), found: false }] },
    "problem",
    "apt-get install nftables"
  ],
  [
    "a program only slirp needs",
    "tools",
    { programs: [{ ...program("slirp4netns"), found: false }] },
    "warning",
    "apt-get install slirp4netns"
  ],
  [
    "a program that others can write",
    "tools",
    { programs: [{ ...program("ip"), distrusted: "x" }] },
    "problem",
    /reinstall iproute2$/
  ]
]

describe("what the kernel does with packets", () => {
  testRows(rows)
})
