import { assert, describe, it } from "@effect/vitest"
import { decodeConfig, parsePublish, publishOverlaps } from "@vmnet/core"
import { Arbitrary, Effect, Result } from "effect"
import { problems } from "./support/config.ts"
import { oneOf, prefixText, whole } from "../names/support/arbitraries.ts"
import { ok } from "../names/support/parsed.ts"

const networks = (...lines: ReadonlyArray<string>) =>
  problems(["networks:", ...lines.map((line) => `  ${line}`)].join("\n"))

const vms = (...lines: ReadonlyArray<string>) =>
  problems(
    [
      "networks:",
      "  web: { subnet: 10.1.0.0/24 }",
      "  s: { backend: netns }",
      "vms:",
      ...lines.map((line) => `  ${line}`)
    ].join("\n")
  )

describe("networks against one another", () => {
  it("must not overlap: the later one is told", () => {
    assert.deepStrictEqual(
      networks(
        "a: { subnet: 10.2.0.0/24 }",
        "b: { subnet: 10.1.0.0/16 }",
        "c: { subnet: 10.1.2.0/24 }",
        "d: { subnet: 10.2.0.0/15 }"
      ),
      [
        "config.yaml:4:16 networks.c.subnet: 10.1.2.0/24 overlaps networks.b (10.1.0.0/16)",
        "config.yaml:5:16 networks.d.subnet: 10.2.0.0/15 overlaps networks.a (10.2.0.0/24)"
      ]
    )
  })

  it.effect.prop(
    "are refused exactly when two of them overlap",
    [Arbitrary.array(prefixText(20, 30), { maxLength: 6 })],
    ([drawn]) =>
      Effect.sync(() => {
        const near = drawn.map((text, index) => `10.${index % 2}.${text.split(".")[2]}.0/24`)
        const lines = near.map((subnet, index) => `  n${index}: { subnet: ${subnet} }`)
        const decoded = decodeConfig(["networks:", ...lines].join("\n"), "f")
        assert.strictEqual(Result.isFailure(decoded), new Set(near).size < near.length)
      })
  )

  it("cannot both have the default subnet", () => {
    assert.deepStrictEqual(networks("a: {}", "b: { mtu: 1400 }", "s: { backend: netns }", "t: { backend: netns }"), [
      "config.yaml:3:6 networks.b: needs a subnet: networks.a has the bridge backend's default",
      "config.yaml:5:6 networks.t: needs a subnet: networks.s has the netns backend's default",
      "config.yaml:5:6 networks.t: needs links of its own: networks.s has the netns backend's default"
    ])
  })

  it("must not take a backend's name for another backend", () => {
    assert.deepStrictEqual(networks("netns: { subnet: 10.1.0.0/24 }", "bridge: { subnet: 10.2.0.0/24 }"), [
      "config.yaml:2:3 networks.netns: this name is that of the netns backend's own network, which cannot be of the bridge backend"
    ])
  })
})

describe("a network in itself", () => {
  it("has its gateway among its host addresses", () => {
    assert.deepStrictEqual(
      networks(
        "a: { subnet: 10.1.0.0/24, gateway: 10.1.1.1 }",
        "b: { subnet: 10.2.0.0/24, gateway: 10.2.0.0 }",
        "c: { subnet: 10.3.0.0/24, gateway: 10.3.0.255 }",
        "d: { subnet: 10.4.0.128/25, gateway: 10.4.0.254 }",
        "e: { gateway: 10.5.0.1 }"
      ),
      [
        "config.yaml:2:38 networks.a.gateway: gateway 10.1.1.1 is outside 10.1.0.0/24",
        "config.yaml:3:38 networks.b.gateway: gateway 10.2.0.0 is the network address of 10.2.0.0/24",
        "config.yaml:4:38 networks.c.gateway: gateway 10.3.0.255 is the broadcast address of 10.3.0.0/24",
        "config.yaml:6:17 networks.e.gateway: needs a subnet beside it"
      ]
    )
  })

  it("has room for a guest, and somewhere addresses can be used", () => {
    assert.deepStrictEqual(
      networks(
        "a: { subnet: 10.1.0.0/31 }",
        "b: { subnet: 10.2.0.0/32 }",
        "c: { subnet: 64.0.0.0/7 }",
        "d: { subnet: 127.0.0.0/24 }",
        "e: { subnet: 224.0.0.0/24 }",
        "f: { subnet: 0.0.0.0/0 }",
        "g: { subnet: 10.3.0.0/30, exclude: [10.3.0.2] }"
      ),
      [
        "config.yaml:2:16 networks.a.subnet: 10.1.0.0/31 has no broadcast address: bridged guests need a /30 or more",
        "config.yaml:3:16 networks.b.subnet: 10.2.0.0/32 is a single address: a gateway and a guest need a /30 or more",
        "config.yaml:4:16 networks.c.subnet: 64.0.0.0/7 is larger than a /8",
        "config.yaml:5:16 networks.d.subnet: 127.0.0.0/24 is in 127.0.0.0/8, which cannot be used",
        "config.yaml:6:16 networks.e.subnet: 224.0.0.0/24 is in 224.0.0.0/3, which cannot be used",
        "config.yaml:7:16 networks.f.subnet: 0.0.0.0/0 is in 0.0.0.0/8, which cannot be used",
        "config.yaml:8:38 networks.g.exclude: leaves no address of 10.3.0.0/30 to a guest"
      ]
    )
  })

  it("excludes only what it has", () => {
    assert.deepStrictEqual(
      networks("a: { subnet: 10.1.0.0/24, exclude: [10.1.0.9, 10.2.0.9, 10.1.0.0/16] }"),
      [
        "config.yaml:2:49 networks.a.exclude[1]: 10.2.0.9 is not within 10.1.0.0/24",
        "config.yaml:2:59 networks.a.exclude[2]: 10.1.0.0/16 is not within 10.1.0.0/24",
        "config.yaml:2:38 networks.a.exclude: leaves no address of 10.1.0.0/24 to a guest"
      ].toSorted((a, b) => Number(a.split(":")[2]!.split(" ")[0]) - Number(b.split(":")[2]!.split(" ")[0]))
    )
  })

  it("tells guests of resolvers that can be one", () => {
    assert.deepStrictEqual(networks("a: { subnet: 10.1.0.0/24, dns: [127.0.0.1, 0.0.0.0, 224.0.0.251] }"), [
      "config.yaml:2:46 networks.a.dns[1]: 0.0.0.0 is not an address a resolver can have",
      "config.yaml:2:55 networks.a.dns[2]: 224.0.0.251 is not an address a resolver can have"
    ])
  })
})

describe("VMs against networks and one another", () => {
  it("name networks there are, of their own backend", () => {
    assert.deepStrictEqual(
      vms(
        "a: { network: wbe }",
        "b: { network: s, backend: bridge }",
        "c: { network: bridge }",
        "d: { backend: netns, network: s }"
      ),
      [
        'config.yaml:5:17 vms.a.network: there is no network "wbe" (did you mean "web"?)',
        "config.yaml:6:17 vms.b.network: network s is of the netns backend, not bridge"
      ]
    )
  })

  it("have addresses their network can give", () => {
    assert.deepStrictEqual(
      vms(
        "a: { network: web, ip: 10.1.0.1 }",
        "b: { network: web, ip: 10.1.0.255 }",
        "c: { network: web, ip: 10.2.0.7 }",
        "d: { network: web, ip: 10.1.0.7 }",
        "e: { network: web, ip: 10.1.0.7 }",
        "f: { network: web, mac: '02:fc:00:00:00:0a' }",
        "g: { network: web, mac: '02:FC:00:00:00:0A' }",
        "h: { ip: 10.1.0.7 }"
      ),
      [
        "config.yaml:5:26 vms.a.ip: 10.1.0.1 is the gateway of network web (10.1.0.0/24)",
        "config.yaml:6:26 vms.b.ip: 10.1.0.255 is the broadcast address of network web (10.1.0.0/24)",
        "config.yaml:7:26 vms.c.ip: 10.2.0.7 is outside network web (10.1.0.0/24)",
        "config.yaml:9:26 vms.e.ip: 10.1.0.7 is that of vms.d already",
        "config.yaml:11:27 vms.g.mac: 02:fc:00:00:00:0a is that of vms.f already"
      ]
    )
  })

  it("publish no port twice", () => {
    assert.deepStrictEqual(
      vms(
        "a: { publish: ['8080:80', '8080:81', '53:53/udp'] }",
        "b: { publish: ['127.0.0.1:8000-8100:80', '53:53'] }",
        "c: { publish: ['127.0.0.1:9000:80', '192.0.2.1:9000:80', '53:54/udp'] }"
      ),
      [
        "config.yaml:5:29 vms.a.publish[1]: 8080:81/tcp wants a host port of vms.a.publish[0] (8080:80/tcp)",
        "config.yaml:6:18 vms.b.publish[0]: 127.0.0.1:8000-8100:80-180/tcp wants a host port of vms.a.publish[0] (8080:80/tcp)",
        "config.yaml:7:60 vms.c.publish[2]: 53:54/udp wants a host port of vms.a.publish[2] (53:53/udp)"
      ]
    )
  })

  it("still compare what is right beside what is wrong", () => {
    assert.deepStrictEqual(vms("a: { publish: ['80:80'] }", "b: { publish: ['x', '80:81'], mtu: 5 }"), [
      'config.yaml:6:18 vms.b.publish[0]: "x" is not [HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp]',
      "config.yaml:6:23 vms.b.publish[1]: 80:81/tcp wants a host port of vms.a.publish[0] (80:80/tcp)",
      "config.yaml:6:33 vms.b.mtu: there is no such option"
    ])
  })

  it("have no TAP owner without a TAP, and say when they allow nothing", () => {
    assert.deepStrictEqual(vms("a: { netns: /run/netns/a, tapOwner: 1000 }", "b: { egress: { allow: [] } }"), [
      "config.yaml:5:39 vms.a.tapOwner: there is no TAP to own: the guest's end goes to /run/netns/a",
      "config.yaml:6:25 vms.b.egress.allow: the list is empty: to allow nothing, say egress: none"
    ])
  })

  const spec = Arbitrary.map(
    Arbitrary.all([oneOf(["", "127.0.0.1:", "192.0.2.1:"]), whole(1, 12), whole(0, 4), oneOf(["", "/udp"])]),
    ([host, first, more, protocol]) => `${host}${first}-${first + more}:100${protocol}`
  )

  it.effect.prop(
    "are refused exactly when two published ranges meet",
    [Arbitrary.array(spec, { maxLength: 6 })],
    ([specs]) =>
      Effect.sync(() => {
        const lines = specs.map((text, index) => `  v${index}: { publish: ["${text}"] }`)
        const parsed = specs.map((text) => ok(parsePublish(text)))
        const meet = parsed.some((a, index) => parsed.slice(index + 1).some((b) => publishOverlaps(a, b)))
        assert.strictEqual(Result.isFailure(decodeConfig(["vms:", ...lines].join("\n"), "f")), meet)
      })
  )
})
