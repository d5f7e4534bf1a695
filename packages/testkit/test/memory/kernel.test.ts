import { assert, describe, it } from "@effect/vitest"
import { type LinkChange, LinkOps, NatOps, type Netns, type OpsReason, SysctlOps, hostNetns } from "@vmnet/core"
import { MemoryKernel, observeNamespace } from "@vmnet/testkit"
import { Effect } from "effect"

/** A kernel, and short ways to change it and look at it. */
const setup = () => {
  const kernel = MemoryKernel.make()
  const run = <A, E>(self: Effect.Effect<A, E, LinkOps | NatOps | SysctlOps>) => Effect.provide(self, kernel.layer)
  const apply = (netns: Netns, ...changes: ReadonlyArray<LinkChange>) =>
    run(LinkOps.use((links) => links.apply(netns, changes)))
  const at = (key: string) => kernel.snapshot()[key]!
  const names = (key: string) => at(key).links.map(({ link }) => link)
  return { kernel, run, apply, at, names }
}

const bridge = (link: string): LinkChange => ({ _tag: "AddBridge", link, mac: "02:00:00:00:00:01", mtu: 1500 })
const tap = (link: string): LinkChange => ({ _tag: "AddTap", link, mtu: 1500 })
const up = (link: string): LinkChange => ({ _tag: "SetUp", link })
const address = (link: string, address: string): LinkChange => ({ _tag: "AddAddress", link, address })
const deleteAddress = (link: string, address: string): LinkChange => ({ _tag: "DeleteAddress", link, address })

const veth = (link: string, netns: Netns, peer: string): LinkChange => ({
  _tag: "AddVeth",
  link,
  mtu: 1500,
  peer: { link: peer, netns, mac: "02:00:00:00:00:02" }
})

const reasonOf = (self: Effect.Effect<unknown, { readonly reason: OpsReason }>) =>
  Effect.map(Effect.flip(self), ({ reason }) => reason)

describe("addresses and routes", () => {
  it.effect("an address takes its secondaries with it, and leaves the link's other networks", () => {
    const { apply, at } = setup()
    return Effect.gen(function* () {
      yield* apply(hostNetns, bridge("b"), up("b"))
      yield* apply(hostNetns, address("b", "10.0.0.1/24"), address("b", "10.0.0.5/24"), address("b", "172.16.0.1/30"))
      yield* apply(hostNetns, {
        _tag: "AddRoute",
        destination: "10.5.0.0/24",
        link: "b",
        via: "10.0.0.9"
      })
      yield* apply(hostNetns, deleteAddress("b", "10.0.0.1/24"))
      assert.deepStrictEqual(at("host").links.find(({ link }) => link === "b")?.addresses, ["172.16.0.1/30"])
      assert.deepStrictEqual(
        at("host").routes.map(({ destination }) => destination),
        ["10.5.0.0/24", "172.16.0.0/30"]
      )
    })
  })

  it.effect("deleting a secondary leaves the primary and its route", () => {
    const { apply, at } = setup()
    return Effect.gen(function* () {
      yield* apply(hostNetns, bridge("b"), up("b"), address("b", "10.0.0.1/24"), address("b", "10.0.0.5/24"))
      yield* apply(hostNetns, deleteAddress("b", "10.0.0.5/24"))
      assert.deepStrictEqual(
        at("host").routes.map(({ destination }) => destination),
        ["10.0.0.0/24"]
      )
    })
  })

  it.effect("the last address takes the link's routes and neighbours with it", () => {
    const { apply, at } = setup()
    return Effect.gen(function* () {
      yield* apply(hostNetns, bridge("b"), up("b"), address("b", "10.0.0.1/24"))
      yield* apply(
        hostNetns,
        { _tag: "AddRoute", destination: "10.5.0.0/24", link: "b" },
        { _tag: "AddNeighbour", link: "b", address: "10.0.0.2", mac: "02:00:00:00:00:0C" }
      )
      assert.strictEqual(at("host").neighbours[0]?.mac, "02:00:00:00:00:0c")
      yield* apply(hostNetns, deleteAddress("b", "10.0.0.1/24"))
      assert.deepStrictEqual([at("host").routes, at("host").neighbours], [[], []])
    })
  })

  it.effect("a link that goes down loses its routes and neighbours and keeps its addresses", () => {
    const { kernel, apply, at } = setup()
    return Effect.gen(function* () {
      yield* apply(hostNetns, bridge("b"), up("b"), address("b", "10.0.0.1/24"))
      yield* apply(hostNetns, { _tag: "AddNeighbour", link: "b", address: "10.0.0.2", mac: "02:00:00:00:00:0c" })
      kernel.foreign.linkDown(hostNetns, "b")
      assert.deepStrictEqual([at("host").routes, at("host").neighbours], [[], []])
      yield* apply(hostNetns, up("b"))
      assert.deepStrictEqual(
        at("host").routes.map(({ destination }) => destination),
        ["10.0.0.0/24"]
      )
    })
  })

  it.effect("loopback gets its address when it is set up, and no route", () => {
    const { kernel, apply, at } = setup()
    return Effect.gen(function* () {
      yield* apply(kernel.addNetns("/run/netns/a"), up("lo"))
      const { links, routes } = at("/run/netns/a")
      assert.deepInclude(links[0], { link: "lo", up: true, addresses: ["127.0.0.1/8"] })
      assert.deepStrictEqual(routes, [])
    })
  })
})

describe("links", () => {
  it.effect("a bridge takes 1023 ports", () => {
    const { apply } = setup()
    const ports = Array.from({ length: 1024 }, (_, i) => `t${i}`)
    const attach = (link: string): LinkChange => ({ _tag: "SetMaster", link, master: "b", isolated: false })
    return Effect.gen(function* () {
      yield* apply(hostNetns, bridge("b"), ...ports.map(tap))
      const error = yield* Effect.flip(apply(hostNetns, ...ports.map(attach)))
      assert.deepInclude({ ...error }, { reason: "Failed", index: 1023 })
    })
  })

  it.effect("isolation of ports and owners of TAPs are to be seen in the snapshot", () => {
    const { apply, at } = setup()
    return Effect.gen(function* () {
      yield* apply(hostNetns, bridge("b"), { _tag: "AddTap", link: "t0", mtu: 1500, uid: 1000 }, tap("t1"))
      yield* apply(hostNetns, { _tag: "SetMaster", link: "t0", master: "b", isolated: true })
      assert.deepStrictEqual(at("host").isolated, ["t0"])
      assert.deepStrictEqual(at("host").tapOwners, { t0: { uid: 1000, gid: null }, t1: { uid: 0, gid: null } })
    })
  })

  it.effect("a physical link is not deleted, but can be unplugged", () => {
    const { kernel, apply, names } = setup()
    kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"] })
    return Effect.gen(function* () {
      const reason = yield* reasonOf(apply(hostNetns, { _tag: "DeleteLink", link: "eth0" }))
      assert.strictEqual(reason, "Unsupported")
      kernel.foreign.unplug(hostNetns, "eth0")
      assert.deepStrictEqual(names("host"), ["lo"])
    })
  })
})

describe("namespaces and processes", () => {
  it.effect("a removed namespace takes its links and their ends elsewhere with it", () => {
    const { kernel, apply, names } = setup()
    return Effect.gen(function* () {
      const netns = kernel.addNetns("/run/netns/a")
      yield* apply(hostNetns, veth("v", netns, "eth0"))
      kernel.removeNetns("/run/netns/a")
      assert.deepStrictEqual(names("host"), ["lo"])
      assert.strictEqual(yield* reasonOf(apply(netns, bridge("b"))), "Missing")
    })
  })

  it.effect("a process inside keeps the links of a removed namespace until it ends", () => {
    const { kernel, apply, names } = setup()
    return Effect.gen(function* () {
      const netns = kernel.addNetns("/run/netns/a")
      const { pid, startTime } = kernel.host.startProcess({ netns })
      yield* apply(hostNetns, veth("v", netns, "eth0"))
      kernel.removeNetns("/run/netns/a")
      assert.deepStrictEqual(names("host"), ["lo", "v"])
      assert.deepStrictEqual(names(`pid ${pid}/${startTime}`), ["eth0", "lo"])
      kernel.host.endUnreaped(pid)
      assert.deepStrictEqual(names("host"), ["lo"])
    })
  })

  it.effect("a fresh namespace of a process goes with it, whoever gets its pid", () => {
    const { kernel, apply, names } = setup()
    return Effect.gen(function* () {
      const { pid, startTime } = kernel.host.startProcess({ netns: "fresh" })
      const netns: Netns = { _tag: "Process", pid, startTime }
      yield* apply(hostNetns, veth("v", netns, "eth0"))
      const next = kernel.host.recycle(pid)
      assert.notStrictEqual(next.startTime, startTime)
      assert.strictEqual(yield* reasonOf(apply(netns, bridge("b"))), "Missing")
      assert.deepStrictEqual(names("host"), ["lo"])
    })
  })

  it.effect("a reboot leaves a bare host with another boot id, on which old processes are dead", () => {
    const { kernel, apply } = setup()
    return Effect.gen(function* () {
      const fresh = kernel.snapshot()
      const before = kernel.host.self()
      yield* apply(kernel.addNetns("/run/netns/a"), bridge("b"))
      kernel.host.reboot()
      assert.deepStrictEqual(kernel.snapshot(), fresh)
      assert.notStrictEqual(kernel.host.self().bootId, before.bootId)
      assert.isFalse(kernel.host.alive(before))
    })
  })

  it.effect("a restart of vmnet kills the process it was", () => {
    const { kernel } = setup()
    return Effect.sync(() => {
      const before = kernel.host.self()
      const after = kernel.host.restartSelf()
      assert.deepStrictEqual([kernel.host.alive(before), kernel.host.alive(after)], [false, true])
    })
  })

  it.effect("without a capability every change is denied, and nothing but changes", () => {
    const { kernel, run, apply } = setup()
    kernel.host.setMissingCapabilities(["CAP_NET_ADMIN"])
    return Effect.gen(function* () {
      const before = kernel.snapshot()
      const nat = run(NatOps.use((ops) => ops.apply(hostNetns, [{ _tag: "AddLayout" }])))
      const sysctl = run(SysctlOps.use((ops) => ops.write(hostNetns, ["net", "ipv4", "ip_forward"], "1")))
      for (const change of [apply(hostNetns, bridge("b")), nat, sysctl]) {
        assert.strictEqual(yield* reasonOf(change), "Denied")
      }
      yield* run(observeNamespace(hostNetns))
      assert.deepStrictEqual(kernel.snapshot(), before)
    })
  })
})

describe("snapshots", () => {
  it.effect("show what the contracts show", () => {
    const { kernel, run, apply, at } = setup()
    kernel.foreign.link(hostNetns, { link: "eth0", up: true, addresses: ["192.0.2.10/24"], alias: 'not "ours"' })
    kernel.foreign.route(hostNetns, { destination: "default", link: "eth0", via: "192.0.2.1", metric: 100 })
    kernel.foreign.route(hostNetns, { destination: "10.66.0.0/16", link: null })
    return Effect.gen(function* () {
      yield* apply(hostNetns, bridge("b"), up("b"), address("b", "10.0.0.1/24"))
      yield* run(
        NatOps.use((nat) =>
          nat.apply(hostNetns, [
            { _tag: "AddLayout" },
            { _tag: "AddElement", element: { _tag: "Segment", device: "b", isolated: false }, owner: "o" }
          ])
        )
      )
      const observed = yield* run(observeNamespace(hostNetns))
      assert.deepInclude(at("host"), observed)
      assert.deepStrictEqual(
        observed.routes.map(({ destination, link, via, metric }) => `${destination} ${link} ${via} ${metric}`),
        ["0.0.0.0/0 eth0 192.0.2.1 100", "10.0.0.0/24 b null 0", "10.66.0.0/16 null null 0", "192.0.2.0/24 eth0 null 0"]
      )
    })
  })

  it.effect("are equal before and after something that is undone", () => {
    const { kernel, apply } = setup()
    return Effect.gen(function* () {
      const before = kernel.snapshot()
      yield* apply(hostNetns, bridge("b"), up("b"), address("b", "10.0.0.1/24"), tap("t"))
      assert.notDeepEqual(kernel.snapshot(), before)
      yield* apply(hostNetns, { _tag: "DeleteLink", link: "t" }, { _tag: "DeleteLink", link: "b" })
      assert.deepStrictEqual(kernel.snapshot(), before)
    })
  })
})
