import { readJson } from "@vmnet/ops-common"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { IpLinks, IpNeighbours, IpRoutes, isNamed, toLinks, toNeighbours, toRoutes } from "#src/link/ipJson.ts"

const attempt = { family: "link", action: "read" } as const

// Printed by `ip -j -d address show` of iproute2 6.1, shortened; the alias holds a raw escape and a raw 0x01.
const links = `[{},{"ifindex":7,"ifname":"a\\"b","flags":["BROADCAST","UP","LOWER_UP"],"mtu":1400,"master":"br0","link_type":"ether",\
"address":"02:00:00:00:00:01","ifalias":"one\\ntwo \u001b[31m\u0001 \\\\ \\"q\\" it's","altnames":["other"],\
"linkinfo":{"info_kind":"tun"},"addr_info":[{"family":"inet","local":"10.0.0.1","prefixlen":24,"scope":"global"},\
{"family":"inet6","local":"fe80::1","prefixlen":64}]},{"ifindex":1,"ifname":"lo","flags":["LOOPBACK"],"mtu":65536,\
"address":"00:00:00:00:00:00","addr_info":[]}]`

const routes = `[{"type":"unicast","dst":"default","protocol":"boot","flags":[],"nexthops":[\
{"gateway":"10.0.0.9","dev":"br0","weight":1,"flags":[]},{"gateway":"10.1.0.9","dev":"v1","weight":2,"flags":[]}]},\
{"type":"unicast","dst":"10.96.0.0/24","via":{"family":"inet6","host":"fe80::5"},"dev":"br0"},\
{"type":"unicast","dst":"10.97.0.5","gateway":"10.0.0.7","dev":"br0","metric":77,"flags":[]},\
{"type":"blackhole","dst":"10.99.0.0/16","protocol":"boot","scope":"global","flags":[]}]`

const neighbours = `[{"dst":"10.0.0.2","dev":"br0","lladdr":"02:fc:00:00:00:09","state":["PERMANENT"]},\
{"dst":"fe80::2","dev":"br0","lladdr":"02:fc:00:00:00:09","state":["PERMANENT"]}]`

it.effect("links come through whatever their names and aliases hold", () =>
  Effect.gen(function* () {
    const observed = yield* readJson(IpLinks, attempt, links)
    assert.deepStrictEqual(toLinks(observed), [
      {
        link: 'a"b',
        index: 7,
        type: "tun",
        mac: "02:00:00:00:00:01",
        mtu: 1400,
        up: true,
        alias: 'one\ntwo \u001b[31m\u0001 \\ "q" it\'s',
        master: "br0",
        addresses: ["10.0.0.1/24"],
        owner: { uid: null, gid: null },
        carrier: true
      },
      {
        link: "lo",
        index: 1,
        type: "",
        mac: "00:00:00:00:00:00",
        mtu: 65_536,
        up: false,
        alias: "",
        master: null,
        addresses: []
      }
    ])
    const [, named] = observed
    assert.isDefined(named)
    for (const [name, expected] of [
      ['a"b', true],
      ["other", true],
      ["if7", false],
      ["a", false]
    ] as const) {
      assert.strictEqual(named !== undefined && isNamed(named, name), expected, name)
    }
  })
)

it.effect("routes are one per next hop, with prefixes spelled out", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(toRoutes(yield* readJson(IpRoutes, attempt, routes)), [
      { destination: "0.0.0.0/0", link: "br0", via: "10.0.0.9", metric: 0 },
      { destination: "0.0.0.0/0", link: "v1", via: "10.1.0.9", metric: 0 },
      { destination: "10.96.0.0/24", link: "br0", via: "fe80::5", metric: 0 },
      { destination: "10.97.0.5/32", link: "br0", via: "10.0.0.7", metric: 77 },
      { destination: "10.99.0.0/16", link: null, via: null, metric: 0 }
    ])
  })
)

it.effect("neighbours are the IPv4 ones", () =>
  Effect.gen(function* () {
    assert.deepStrictEqual(toNeighbours(yield* readJson(IpNeighbours, attempt, neighbours)), [
      { link: "br0", address: "10.0.0.2", mac: "02:fc:00:00:00:09" }
    ])
  })
)

it.effect("text that is not what ip prints is an error that names what was read", () =>
  Effect.gen(function* () {
    for (const text of ["", "[", "{}", '[{"ifname":7}]', "usage: ip ..."]) {
      const error = yield* Effect.flip(readJson(IpLinks, attempt, text))
      assert.deepInclude({ ...error }, { reason: "Failed", action: "read" })
    }
  })
)
