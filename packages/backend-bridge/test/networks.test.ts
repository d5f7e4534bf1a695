import { assert, describe, it } from "@effect/vitest"
import { hostNetns, InterfaceName, Ledger, Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { bridgeDevice, onMachine } from "./support/host.ts"
import { install, request } from "./support/memoryHost.ts"

const config = `networks:
  web: { subnet: 10.0.42.0/24 }
  db:  { subnet: 10.0.43.0/24, isolated: true, masquerade: false, hostAccess: true }
`
const known = { config: [], default: [] }

const rowsOfNetworks = Ledger.use((ledger) =>
  ledger.transact("look", (tx) =>
    ["networks", "addresses", "identifiers"].flatMap((table) => tx.all(`SELECT * FROM ${table}`))
  )
)

/** The record of a lease is lost between two steps of its end. */
const abandonLease = (vm: string) =>
  Ledger.use((ledger) =>
    ledger.transact("lose", (tx) => {
      for (const table of ["leases", "identifiers", "addresses", "holds"])
        tx.run(`DELETE FROM ${table} WHERE vm = ?`, vm)
      tx.run("DELETE FROM resources WHERE subject = ?", vm)
    })
  )

describe("two networks", () => {
  it.effect("have a bridge and rules of their own, and the layout and forwarding together", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(request("api", { network: "web" }, config))
        const one = kernel.snapshot()
        yield* vmnet.up(request("store", { network: "db" }, config))
        const [db, web] = yield* vmnet.networks(known)
        assert.deepStrictEqual([db!.network, db!.vms, web!.network, web!.vms], ["db", ["store"], "web", ["api"]])
        const elements = kernel.snapshot()["host"]!.nat.elements.map(({ element }) => element)
        const of = (tag: string) => elements.filter(({ _tag }) => _tag === tag)
        assert.sameDeepMembers(
          [...of("Segment")],
          [
            { _tag: "Segment", device: web!.device!, isolated: false },
            { _tag: "Segment", device: db!.device!, isolated: true }
          ]
        )
        assert.deepStrictEqual(of("Masquerade"), [{ _tag: "Masquerade", device: web!.device! }])
        assert.deepStrictEqual(of("HostAccess"), [{ _tag: "HostAccess", device: db!.device! }])
        assert.strictEqual(kernel.snapshot()["host"]!.isolated.length, 1)
        yield* vmnet.down("store")
        assertSame(kernel.snapshot(), one, "without db")
        yield* vmnet.down("api")
        assertSame(kernel.snapshot(), before, "without any")
      })
    )
  )

  it.effect("of one subnet are refused while one is up, naming it", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("api", { network: "web" }, config))
        const up = kernel.snapshot()
        const other = "networks: { cache: { subnet: 10.0.42.128/25 } }"
        const error = yield* Effect.flip(vmnet.up(request("store", { network: "cache" }, other)))
        assert.deepStrictEqual([error.code, error.exitCode], ["SUBNET_OVERLAP", 4])
        assert.include(error.message, "10.0.42.128/25 overlaps network web (10.0.42.0/24)")
        assertSame(kernel.snapshot(), up, "untouched")
      })
    )
  )
})

describe("a network", () => {
  it.effect.each([
    { what: "address", subnet: "192.0.2.0/28", message: "overlaps the address 192.0.2.10/24 of eth0" },
    { what: "larger route", subnet: "10.20.30.0/24", message: "overlaps the route to 10.20.0.0/16 on eth1" },
    { what: "smaller route", subnet: "10.0.0.0/8", message: "overlaps the route to 10.20.0.0/16 on eth1" },
    { what: "single-address route", subnet: "198.18.0.0/24", message: "overlaps the route to 198.18.0.7/32" }
  ])("that collides with a host's $what is refused, naming it", ({ subnet, message }) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        kernel.foreign.route(hostNetns, { destination: "10.20.0.0/16", link: "eth1", via: "203.0.113.1" })
        kernel.foreign.route(hostNetns, { destination: "198.18.0.7/32", link: null })
        const before = kernel.snapshot()
        const asked = request("vm1", { network: "web" }, `networks: { web: { subnet: ${subnet} } }`)
        for (const error of [yield* Effect.flip(vmnet.up(asked)), yield* Effect.flip(vmnet.plan(asked))]) {
          assert.deepStrictEqual([error.code, error.exitCode], ["SUBNET_OVERLAP", 4])
          assert.include(error.message, message)
        }
        assertSame(kernel.snapshot(), before, "untouched")
        assert.deepStrictEqual(yield* vmnet.networks(known), [])
      })
    )
  )

  it.effect("that is up keeps its settings; another request is a conflict until it is down", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        const small = "networks: { web: { subnet: 10.0.42.0/24, mtu: 1400 } }"
        yield* vmnet.up(request("vm1", { network: "web" }, config))
        const error = yield* Effect.flip(vmnet.up(request("vm2", { network: "web" }, small)))
        assert.deepStrictEqual([error.code, error.exitCode], ["NETWORK_CONFLICT", 4])
        assert.include(error.message, "mtu is 1500, not 1400")
        yield* vmnet.down("vm1")
        yield* vmnet.up(request("vm2", { network: "web" }, small))
        yield* vmnet.down("vm2")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("is forgotten only when nobody uses it, and then leaves no row behind", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1"))
        const error = yield* Effect.flip(vmnet.removeNetwork("bridge"))
        assert.deepStrictEqual([error.code, error.exitCode], ["NETWORK_IN_USE", 4])
        assert.include(error.message, "network bridge is used by 1 VM: vm1")
        yield* vmnet.down("vm1")
        assert.deepStrictEqual(yield* vmnet.removeNetwork("bridge"), { vm: "bridge", outcome: "removed" })
        assert.deepStrictEqual(yield* vmnet.removeNetwork("bridge"), { vm: "bridge", outcome: "absent" })
        assert.deepStrictEqual(yield* rowsOfNetworks, [])
      })
    )
  )
})

describe("a bridge", () => {
  const usual = InterfaceName.derive("vmb", install, "@net.bridge", 0)

  it.effect("has its usual name, with its MAC pinned", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1"))
        assert.strictEqual(yield* bridgeDevice, usual)
        const bridge = kernel.snapshot()["host"]!.links.find(({ link }) => link === usual)
        assert.match(bridge!.mac, /^02:fc:/)
      })
    )
  )

  it.effect("has another name where somebody else has a link of that name, which is left alone", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        kernel.foreign.link(hostNetns, { link: usual, type: "bridge", up: true, addresses: ["198.18.0.1/24"] })
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1"))
        assert.notStrictEqual(yield* bridgeDevice, usual)
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )

  it.effect("does so as well when the name was its own before, whatever the other link claims to be", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1"))
        yield* vmnet.down("vm1")
        for (const alias of ["", "vmnet:ffffffff:@net.bridge:0"]) {
          kernel.foreign.link(hostNetns, { link: usual, type: "bridge", up: true, alias })
          const before = kernel.snapshot()
          yield* vmnet.up(request("vm1"))
          assert.notStrictEqual(yield* bridgeDevice, usual)
          yield* vmnet.down("vm1")
          assertSame(kernel.snapshot(), before, "afterwards")
          kernel.foreign.unplug(hostNetns, usual)
        }
      })
    )
  )

  it.effect("that a process left when it died is taken down before the network comes up again", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1"))
        yield* abandonLease("vm1")
        yield* vmnet.up(request("vm2"))
        assert.strictEqual(yield* bridgeDevice, usual)
        yield* vmnet.down("vm2")
        const { links } = kernel.snapshot()["host"]!
        assert.deepStrictEqual(
          links.map(({ link }) => link).filter((link) => !link.startsWith("vmt")),
          before["host"]!.links.map(({ link }) => link)
        )
      })
    )
  )
})
