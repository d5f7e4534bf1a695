import { Effect, type Scope } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { hostProgram } from "./hostProgram.ts"

/** Names that look like ours, a link of another install, hostile names. */
const links = [
  "tuntap add dev tap-x mode tap",
  "tuntap add dev vmtaaaaaaaaaaaa mode tap",
  "tuntap add dev tap-held mode tap",
  "link add name veth-x type veth peer name veth-y",
  "link add name vmbaaaaaaaaaaaa type bridge",
  "link add name vmbbbbbbbbbbbbb type bridge",
  "link set dev vmbbbbbbbbbbbbb alias vmnet:deadbeef:vm:1",
  "link add name $(x) type bridge",
  'link add name a"b type bridge',
  "link add name a* type bridge",
  "link add name -h type bridge",
  "netns add vmnet-77"
]

const chain = (family: string, table: string, name: string, hook: string, type = "nat") => ({
  add: { chain: { family, table, name, type, hook, prio: hook === "prerouting" ? -90 : 110, policy: "accept" } }
})

const match = (key: string, right: unknown, protocol = "ip") => ({
  match: { op: "==", left: { payload: { protocol, field: key } }, right }
})

const rule = (table: string, inChain: string, expr: ReadonlyArray<unknown>) => ({
  add: { rule: { family: "ip", table, chain: inChain, expr, comment: "somebody else's" } }
})

/** NAT of somebody else's in our subnets, and a table that is called almost as ours are. */
const ruleset = {
  nftables: [
    { add: { table: { family: "inet", name: "vmnet_deadbeef" } } },
    {
      add: { set: { family: "inet", table: "vmnet_deadbeef", name: "guests", type: "ipv4_addr", elem: ["10.213.0.9"] } }
    },
    { add: { table: { family: "ip", name: "elsewhere" } } },
    chain("ip", "elsewhere", "after", "postrouting"),
    chain("ip", "elsewhere", "before", "prerouting"),
    rule("elsewhere", "after", [match("saddr", { prefix: { addr: "10.11.0.0", len: 16 } }), { masquerade: null }]),
    rule("elsewhere", "before", [match("dport", 7777, "tcp"), { dnat: { addr: "10.213.0.9", port: 80 } }])
  ]
}

const iptables = (program: string): ReadonlyArray<ReadonlyArray<string>> => [
  [program, "-w", "5", "-t", "nat", "-A", "POSTROUTING", "-s", "10.213.0.0/24", "-d", "192.0.2.77", "-j", "MASQUERADE"],
  [
    program,
    "-w",
    "5",
    "-t",
    "nat",
    "-A",
    "PREROUTING",
    "-p",
    "tcp",
    "--dport",
    "7778",
    "-j",
    "DNAT",
    "--to-destination",
    "10.213.0.9:80"
  ],
  [program, "-w", "5", "-t", "filter", "-A", "FORWARD", "-s", "10.214.0.9/32", "-j", "ACCEPT"]
]

/** `ioctl(tun, TUNSETIFF, { ifr_name, IFF_TAP | IFF_NO_PI })` and then nothing: Node has no ioctl. */
const hold = `sysopen(my $tun, "/dev/net/tun", 2) or die; my $ifr = pack("a16 s x22", "tap-held", 0x1002);
  ioctl($tun, 0x400454ca, $ifr) or die; $| = 1; print "held\\n"; sleep`

const held = Effect.acquireRelease(
  Effect.promise(async () => {
    const child = spawn("/usr/bin/perl", ["-e", hold], { stdio: ["ignore", "pipe", "inherit"] })
    await once(child.stdout, "data")
    return child
  }),
  (child) => Effect.sync(() => child.kill("SIGKILL"))
)

/** What stands on the host all the time, belongs to somebody else, and looks as if it might be ours. */
export const decoys: Effect.Effect<void, never, Scope.Scope> = Effect.gen(function* () {
  yield* hostProgram(["ip", "-batch", "-"], `${links.join("\n")}\n`)
  yield* hostProgram(["nft", "-j", JSON.stringify(ruleset)])
  for (const argv of [...iptables("iptables-nft"), ...iptables("iptables-legacy")]) yield* hostProgram(argv)
  yield* held
})
