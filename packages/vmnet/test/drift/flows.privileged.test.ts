import { assert, describe, it } from "@effect/vitest"
import { type Backend, hostNetns } from "@vmnet/core"
import type { Place } from "@vmnet/testkit"
import { emptyNetns } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import type { UpOptions, Vmnet, VmnetOptions } from "vmnet"
import { ptpBackend } from "../../examples/ptp.ts"
import { betweenWords, inwards, isAlive, outwards, resets, talkingWhile } from "./flows.ts"
import { drift, installOf, left, onPrivateHost, repair, sh, vmnetOf } from "./realHost.ts"

/** Somebody's doing, and whether it lets packets of an open connection go astray before they are refused. */
interface Doing {
  readonly line: string
  readonly quiet?: true
}

interface Names {
  readonly vmnet: Vmnet
  readonly address: string
  readonly install: string
}

const firewall = ({ install }: Names): ReadonlyArray<Doing> => [
  { line: `nft flush table inet vmnet_${install}` },
  { line: `nft flush table bridge vmnet_${install}` },
  ...["raw", "forward", "input", "postrouting", "prerouting", "renew_in"].map((chain) => ({
    line: `nft delete chain inet vmnet_${install} ${chain}`
  })),
  { line: `nft delete chain bridge vmnet_${install} prerouting` },
  { line: `nft delete table bridge vmnet_${install}` },
  ...["live", "guests", "segments", "masqueraded", "targets", "publish_any", "generations"].map((set) => ({
    line: `nft flush set inet vmnet_${install} ${set}`.replace(
      /set (.*) (guests|publish_any|generations)$/,
      "map $1 $2"
    )
  })),
  // Without any of our rules packets leave as the guest has sent them, and are nobody's.
  { line: "nft flush ruleset", quiet: true },
  { line: "sysctl -qw net.ipv4.ip_forward=0" }
]

interface Case {
  readonly options?: VmnetOptions
  readonly up: UpOptions
  readonly damages: (names: Names) => Effect.Effect<ReadonlyArray<Doing>>
}

const onBridge: Case = {
  up: { vm: "vm1", backend: "bridge", netns: "/run/netns/box", publish: "8080:80" },
  damages: (names) =>
    Effect.map(
      Effect.promise(() => names.vmnet.networks()),
      ([network]) => [
        ...firewall(names),
        { line: `ip addr flush dev ${network!.device}` },
        { line: `ip link set ${network!.device} mtu 1400` },
        { line: `ip link set ${network!.device} address 02:00:00:00:00:77` }
      ]
    )
}

/** As a routed VM has one: so that nobody has to ask for it. */
const withNeighbour: Backend = {
  ...ptpBackend,
  plan: (request, lease) => {
    const plan = ptpBackend.plan(request, lease)
    const { address, device: link, mac } = lease
    const neighbour = { kind: "Neighbour", netns: hostNetns, link, address, mac } as const
    return { ...plan, resources: [...plan.resources, neighbour] }
  }
}

const routed: Case = {
  options: {
    backends: [withNeighbour],
    config: { networks: { pods: { backend: "ptp", subnet: "10.77.0.0/24" } } }
  },
  up: { vm: "vm1", network: "pods", netns: "/run/netns/box", publish: "8080:80" },
  damages: Effect.fnUntraced(function* (names) {
    const { address, vmnet } = names
    const { resources } = yield* Effect.promise(() => vmnet.show("vm1"))
    const device = /^veth (\S+)/.exec(resources.find(({ kind }) => kind === "Veth")!.what)![1]!
    return [
      { line: `nft flush table inet vmnet_${names.install}` },
      { line: `ip route del ${address}/32 dev ${device}` },
      { line: `ip neigh del ${address} dev ${device}` },
      { line: `ip neigh replace ${address} lladdr 02:00:00:00:00:99 nud permanent dev ${device}` },
      { line: `ip addr flush dev ${device}` },
      { line: `ip link set ${device} mtu 1400` },
      { line: `ip link set ${device} down` }
    ]
  })
}

/** While somebody's rules track connections, ours may all be gone without any packet losing its way. */
const somebodysFirewall = Effect.forEach(
  [
    "nft add table inet elsewhere",
    "nft add chain inet elsewhere tracked { type filter hook forward priority 10 ; }",
    "nft add rule inet elsewhere tracked ct state established accept"
  ],
  (line) => sh(line)
)

/** Nobody who is connected may notice more than that it was silent for a while. */
const survives = ({ damages, options, up }: Case) =>
  Effect.gen(function* () {
    yield* somebodysFirewall
    const guest: Place = yield* emptyNetns("box")
    const vmnet = yield* vmnetOf(options)
    const vm = yield* Effect.acquireRelease(
      Effect.promise(() => vmnet.up(up)),
      () => Effect.promise(() => vmnet.down("vm1", { wait: true }))
    )
    const places = ["internet", "lan", guest] as const
    const refused = yield* resets(places)
    const flows = [yield* outwards(guest), yield* inwards(guest)]
    const names = { vmnet, address: vm.guest.address.split("/")[0]!, install: yield* installOf(vmnet) }
    for (const { line, quiet } of yield* damages(names)) {
      yield* Effect.forEach(flows, (flow) => isAlive(flow, `before ${line}`))
      yield* quiet === true ? betweenWords(places, sh(line)) : sh(line)
      assert.isNotEmpty(yield* drift(vmnet), line)
      const actions = yield* quiet === true ? repair(vmnet) : talkingWhile(flows, line, repair(vmnet))
      assert.deepStrictEqual(left(actions), [], line)
      assert.deepStrictEqual(yield* drift(vmnet), [], line)
      yield* Effect.forEach(flows, (flow) => isAlive(flow, `after ${line}`))
      assert.strictEqual(yield* refused, 0, line)
    }
  }).pipe(Effect.scoped)

describe("connections that are open outlive whatever is repaired", () => {
  it.live("of a container on a bridge", () => onPrivateHost(survives(onBridge)), 120_000)
  it.live("of one with routes of its own", () => onPrivateHost(survives(routed)), 120_000)
})
