import { assert, describe, it } from "@effect/vitest"
import { HostSnapshot } from "@vmnet/testkit"
import { Effect } from "effect"
import type { Vmnet } from "vmnet"
import { installOf, onPrivateHost, sh, vmnetOf } from "./realHost.ts"

/** What the kernel has, but for what it makes up itself. */
const world = HostSnapshot.take()

/** Each line damages what a VM has, TAP, VETH, BR, NETNS and INSTALL being its names; `check` must tell of the kind. */
interface Case {
  readonly damage: ReadonlyArray<string>
  readonly tells: string
}

const onHost = (names: Readonly<Record<string, string>>): ReadonlyArray<Case> => [
  { damage: ["nft flush ruleset"], tells: "NatLayout missing" },
  { damage: [`nft flush chain inet vmnet_${names["install"]} forward`], tells: "NatLayout altered" },
  { damage: [`nft flush set inet vmnet_${names["install"]} live`], tells: "NatElement altered" },
  // One that is a bridge has a second entry, among those whose guests reach each other.
  {
    damage: [`nft flush set inet vmnet_${names["install"]} segments`],
    tells: names["bridge"] === undefined ? "NatElement missing" : "NatElement altered"
  },
  { damage: [`nft delete table bridge vmnet_${names["install"]}`], tells: "NatLayout altered" },
  { damage: [`nft delete chain inet vmnet_${names["install"]} raw`], tells: "NatLayout altered" },
  { damage: ["sysctl -qw net.ipv4.ip_forward=0"], tells: "Sysctl altered" },
  ...(names["bridge"] === undefined
    ? []
    : [
        { damage: [`ip link del ${names["bridge"]}`], tells: "Bridge missing" },
        { damage: [`ip addr flush dev ${names["bridge"]}`], tells: "Address missing" },
        { damage: [`ip link set ${names["bridge"]} mtu 1400`], tells: "Bridge altered" },
        { damage: [`ip link set ${names["bridge"]} address 02:00:00:00:00:77`], tells: "Bridge altered" }
      ])
]

const onDevice = (kind: string, link: string): ReadonlyArray<Case> => [
  { damage: [`ip link del ${link}`], tells: `${kind} missing` },
  { damage: [`ip link set ${link} down`], tells: `${kind} altered` },
  { damage: [`ip link set ${link} mtu 1300`], tells: `${kind} altered` },
  { damage: [`ip link set ${link} name odd0`], tells: `${kind} altered` },
  { damage: [`ip link set ${link} alias `], tells: `${kind} altered` }
]

const put = Effect.fn("put")(function* (vmnet: Vmnet, { damage, tells }: Case) {
  const words = damage.join("; ")
  const before = yield* world
  for (const line of damage) yield* sh(line)
  const { drift } = yield* Effect.promise(() => vmnet.check())
  const told = drift.map((one) => `${one.kind} ${one.drift}`)
  assert.include(told, tells, words)
  const { actions } = yield* Effect.promise(() => vmnet.repair())
  const left = actions.filter(({ action }) => action === "left")
  assert.deepStrictEqual(left, [], `${words}: ${JSON.stringify(left)}`)
  const after = yield* Effect.promise(() => vmnet.check())
  assert.deepStrictEqual(after.drift, [], `${words}: ${JSON.stringify(after.drift)}`)
  const differing = HostSnapshot.diff(before, yield* world).filter((line) => !isMadeUp(JSON.stringify(line)))
  assert.deepStrictEqual(differing, [], `${words}: ${JSON.stringify(differing)}`)
})

/** MACs that the plan does not name, and what follows from when a device was made. */
const isMadeUp = (line: string): boolean => /mac|address|index|stable|link-local|fe80|namespace net:/i.test(line)

describe("on the real kernel, repair puts back", () => {
  it.live("what is damaged of a TAP on a bridge", () =>
    onPrivateHost(
      Effect.gen(function* () {
        const vmnet = yield* vmnetOf()
        const vm = yield* Effect.promise(() => vmnet.up({ vm: "vm1", backend: "bridge", publish: "8080:80" }))
        const [network] = yield* Effect.promise(() => vmnet.networks())
        const names = { install: yield* installOf(vmnet), bridge: network!.device! }
        const { name } = vm.device
        for (const one of [
          ...onHost(names),
          ...onDevice("Tap", name),
          { damage: [`ip link set ${name} nomaster`], tells: "Tap altered" }
        ]) {
          yield* put(vmnet, one)
        }
        yield* Effect.promise(() => vmnet.down("vm1", { wait: true }))
      }).pipe(Effect.scoped)
    )
  )

  it.live("what is damaged of a slot", () =>
    onPrivateHost(
      Effect.gen(function* () {
        const vmnet = yield* vmnetOf()
        const vm = yield* Effect.promise(() => vmnet.up({ vm: "vm1", backend: "netns", publish: "8080:80" }))
        const netns = vm.device.netns!.split("/").at(-1)!
        const install = yield* installOf(vmnet)
        const detail = yield* Effect.promise(() => vmnet.show("vm1"))
        const veth = /^veth (\S+)/.exec(detail.resources.find(({ kind }) => kind === "Veth")!.what)![1]!
        const inside = (line: string) => `ip netns exec ${netns} ${line}`
        for (const one of [
          { damage: [`ip netns delete ${netns}`], tells: "Netns missing" },
          ...onHost({ install }).filter(({ damage }) => !/chain|bridge|segments/.test(damage[0]!)),
          ...onDevice("Veth", veth),
          { damage: [`ip netns delete ${netns}`], tells: "Netns missing" },
          { damage: [inside("ip link del tap0")], tells: "Tap missing" },
          { damage: [inside("ip link set tap0 down")], tells: "Tap altered" },
          { damage: [inside("ip route del default")], tells: "Route missing" },
          { damage: [inside("nft flush ruleset")], tells: "NatElement missing" },
          { damage: [inside(`nft flush chain inet vmnet_${install} forward`)], tells: "NatElement altered" },
          { damage: [inside(`nft flush set inet vmnet_${install} slot_guests`)], tells: "NatElement altered" },
          { damage: [inside("sysctl -qw net.ipv4.conf.tap0.rp_filter=0")], tells: "Sysctl altered" }
        ]) {
          yield* put(vmnet, one)
        }
        yield* Effect.promise(() => vmnet.down("vm1", { wait: true }))
      }).pipe(Effect.scoped)
    )
  )

  it.live("what is damaged of a TAP of its own", () =>
    onPrivateHost(
      Effect.gen(function* () {
        const vmnet = yield* vmnetOf()
        const vm = yield* Effect.promise(() => vmnet.up({ vm: "vm1", backend: "tap", publish: "8080:80" }))
        const { name } = vm.device
        const install = yield* installOf(vmnet)
        for (const one of [
          ...onHost({ install }),
          ...onDevice("Tap", name),
          { damage: [`ip route del ${vm.guest.address.split("/")[0]} dev ${name}`], tells: "Route missing" },
          { damage: [`ip neigh flush dev ${name} nud permanent`], tells: "Neighbour missing" },
          { damage: [`sysctl -qw net.ipv4.conf.${name}.rp_filter=0`], tells: "Sysctl altered" }
        ]) {
          yield* put(vmnet, one)
        }
        yield* Effect.promise(() => vmnet.down("vm1", { wait: true }))
      }).pipe(Effect.scoped)
    )
  )
})
