import { assert, describe, it } from "@effect/vitest"
import { checkConfig, decodeConfig } from "@vmnet/core"
import { Result } from "effect"
import { builtinBackends } from "vmnet/effect"

/** What `config check` says of a file, line by line; nothing where it is valid. */
const told = (...lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  Result.match(checkConfig(lines.join("\n"), "f", builtinBackends), {
    onFailure: (error) => (assert.strictEqual(error.code, "CONFIG_INVALID"), error.detail.split("\n")),
    onSuccess: () => []
  })

const beyond = "the guest's traffic is the bridge's, and does not pass through vmnet"
const noSysctl = "127.0.0.1 needs route_localnet on the guest's device, and forwarding: require writes no sysctl"
const onBridge = "hostAccess means nothing on bridge br0: whether it reaches the host is up to the bridge's owner"

describe("what `up` would refuse of a file, `config check` does", () => {
  it("a network that contradicts itself, at the option", () => {
    assert.deepStrictEqual(
      told(
        "networks:",
        "  lan: { backend: tap, bridge: br0, hostAccess: true }",
        "  tiny: { backend: netns, subnet: 10.60.0.0/24, links: 10.61.0.0/31 }",
        "  twice: { backend: netns, subnet: 10.12.4.0/24 }",
        "vms:",
        "  a: { network: lan }"
      ),
      [
        `f:2:49 networks.lan.hostAccess: ${onBridge}`,
        "f:3:56 networks.tiny.links: links 10.61.0.0/31 has no room for a slot: it takes a /30 or more",
        "f:4:36 networks.twice.subnet: subnet 10.12.4.0/24 and links 10.12.0.0/16 overlap"
      ]
    )
  })

  it("what a backend cannot honour of each VM, beside what is wrong with its network", () => {
    assert.deepStrictEqual(
      told(
        "networks:",
        "  lan: { backend: tap, bridge: br0, hostAccess: true }",
        "  user: { backend: slirp, engine: pasta }",
        "vms:",
        '  a: { network: lan, publish: ["8080:80"] }',
        "  b: { network: lan, egress: none }",
        '  c: { backend: slirp, publish: ["127.0.0.1:5353:53/udp"] }',
        '  d: { network: user, publish: ["127.0.0.1:9000:80"] }',
        '  e.f: { publish: ["127.0.0.1:9001:80"] }',
        "forwarding: require"
      ),
      [
        `f:2:49 networks.lan.hostAccess: ${onBridge}`,
        `f:5:6 vms.a: cannot honour publish 8080:80/tcp on bridge br0: ${beyond}`,
        `f:6:6 vms.b: cannot honour an egress policy on bridge br0: ${beyond}`,
        "f:7:6 vms.c: the slirp backend cannot honour publish: nothing would answer on 127.0.0.1:5353:53/udp: " +
          "UDP from the host's loopback needs hostAccess",
        "f:8:6 vms.d: the slirp backend cannot honour publish: pasta does not lead 127.0.0.1:9000:80/tcp to the guest: " +
          "it never does so for the host's loopback",
        `f:9:8 vms["e.f"]: cannot publish 127.0.0.1:9001:80/tcp: ${noSysctl}`
      ]
    )
  })

  it("a network without a subnet whose backend's own network a VM uses", () => {
    const lines = ["networks: { one: { backend: tap } }", "vms: { y: { backend: tap }, v: { network: one } }"]
    assert.deepStrictEqual(told(...lines), [
      "f:1:18 networks.one: needs a subnet: the tap backend's own network, which vms.y uses, has the default"
    ])
    // Each of the two VMs alone can be up.
    assert.isTrue(Result.isSuccess(decodeConfig(lines.join("\n"), "f")))
    assert.deepStrictEqual(told("networks: { tap: {backend: tap} }", "vms: { y: { backend: tap } }"), [])
    assert.deepStrictEqual(told("networks: { one: {backend: slirp} }", "vms: { y: { backend: slirp } }"), [])
  })

  it("a default subnet that somebody has chosen for another network", () => {
    const takes = "has no subnet of its own, and the bridge backend's default 10.213.0.0/24 overlaps"
    assert.deepStrictEqual(told("networks: { near: { subnet: 10.213.0.0/25 } }", "vms: { a: {}, b: {} }"), [
      `f:2:11 vms.a: network bridge ${takes} networks.near (10.213.0.0/25): name a network (--network), or give networks.bridge a subnet`
    ])
    assert.deepStrictEqual(told("networks: { near: { subnet: 10.213.0.0/25 }, far: {} }"), [
      `f:1:51 networks.far: ${takes} networks.near (10.213.0.0/25): name a network (--network), or give networks.far a subnet`
    ])
  })

  it("an address outside of its network's default subnet", () => {
    assert.deepStrictEqual(told('vms: { a: { ip: 10.9.0.7, publish: ["127.0.0.1:80:80"] } }', "forwarding: require"), [
      "f:1:17 vms.a.ip: 10.9.0.7 is outside network bridge (10.213.0.0/24)"
    ])
  })
})

describe("what is wrong", () => {
  it("in a network with a wrong name is told as well", () => {
    assert.deepStrictEqual(
      told("networks:", "  Fleet: { backend: tap, bridge: br0, hostAccess: true, mtu: 5, gateway: 10.0.0.1 }").map(
        (line) => line.slice(0, 33)
      ),
      [
        "f:2:3 networks.Fleet: network nam",
        "f:2:51 networks.Fleet.hostAccess:",
        "f:2:62 networks.Fleet.mtu: must b",
        "f:2:74 networks.Fleet.gateway: ne"
      ]
    )
  })

  it("is told once, and says nothing about what depends on it", () => {
    assert.deepStrictEqual(
      told(
        "networks:",
        "  web: { subnet: 10.9.8.7/24, gateway: 10.9.8.1 }",
        "  near: { subnet: 10.5.0.0/24 }",
        "vms:",
        "  a: { network: web, ip: 10.9.8.7 }",
        '  b: { network: nope, publish: ["80:80"], egress: none }',
        '  c: { backend: tpa, publish: ["80:80"] }',
        '  d: { network: near, ip: 10.6.0.1, publish: ["127.0.0.1:82:80"] }',
        "forwarding: require"
      ).map((line) => line.split(": ").slice(0, 1).join("")),
      [
        "f:2:18 networks.web.subnet",
        "f:6:17 vms.b.network",
        "f:7:17 vms.c.backend",
        "f:7:32 vms.c.publish[0]",
        "f:8:6 vms.d",
        "f:8:27 vms.d.ip"
      ]
    )
  })
})
