import { assert, describe, it } from "@effect/vitest"
import { findOverlap, type OccupiedSpace, parsePrefix, type SubnetOwner } from "@vmnet/core"
import { ok } from "../names/support/parsed.ts"

const empty: OccupiedSpace = { routes: [], addresses: [], networks: [] }

const find = (subnet: string, space: Partial<OccupiedSpace>, owner?: SubnetOwner) =>
  findOverlap(ok(parsePrefix(subnet)), { ...empty, ...space }, owner)

describe("looking for what a subnet would collide with", () => {
  it("names the route", () => {
    const routes = [
      { destination: "192.0.2.0/24", link: "eth0" },
      { destination: "10.0.0.0/8", link: "tun0" }
    ]
    assert.deepStrictEqual(find("10.0.42.0/24", { routes }), {
      kind: "route",
      what: "10.0.0.0/8",
      problem: "10.0.42.0/24 overlaps the route to 10.0.0.0/8 on tun0"
    })
  })

  it("names a route to a single address in the subnet, and one without a device", () => {
    const routes = [{ destination: "10.0.42.2", link: null }]
    assert.strictEqual(find("10.0.42.0/24", { routes })?.problem, "10.0.42.0/24 overlaps the route to 10.0.42.2")
  })

  it("names the address and its device", () => {
    const addresses = [
      { address: "fd00::1/64", link: "eth0" },
      { address: "10.0.42.200/25", link: "eth1" }
    ]
    assert.deepStrictEqual(find("10.0.42.128/26", { addresses }), {
      kind: "address",
      what: "10.0.42.200/25",
      problem: "10.0.42.128/26 overlaps the address 10.0.42.200/25 of eth1"
    })
    assert.isUndefined(find("10.0.42.0/25", { addresses }))
  })

  it("names the network", () => {
    const networks = [{ network: "web", subnet: "10.0.0.0/16" }]
    assert.deepStrictEqual(find("10.0.42.0/24", { networks }), {
      kind: "network",
      what: "web",
      problem: "10.0.42.0/24 overlaps network web (10.0.0.0/16)"
    })
  })

  it("passes over default routes and the halves that stand for one", () => {
    const routes = ["0.0.0.0/0", "default", "0.0.0.0/1", "128.0.0.0/1"].map((destination) => ({
      destination,
      link: "eth0"
    }))
    assert.isUndefined(find("10.0.42.0/24", { routes }))
  })

  it("passes over the network itself and the routes and addresses of its own device only", () => {
    const space = {
      routes: [{ destination: "10.0.42.0/24", link: "vmbaaaaaaaaaaaa" }],
      addresses: [{ address: "10.0.42.1/24", link: "vmbaaaaaaaaaaaa" }],
      networks: [{ network: "web", subnet: "10.0.42.0/24" }]
    }
    const owner = { network: "web", link: "vmbaaaaaaaaaaaa" }
    assert.isUndefined(find("10.0.42.0/24", space, owner))
    assert.strictEqual(find("10.0.42.0/24", { routes: space.routes }, { link: "vmbbbbbbbbbbbbb" })?.kind, "route")
    assert.strictEqual(find("10.0.42.0/24", { routes: space.routes })?.kind, "route")
    assert.strictEqual(find("10.0.42.0/24", { networks: space.networks }, { network: "db" })?.kind, "network")
  })

  it("takes what it cannot read for an overlap, and prints it harmlessly", () => {
    const found = find("10.0.42.0/24", { routes: [{ destination: "10.0.0.1/8", link: 'a"\u001B[2J' }] })
    assert.match(found?.problem ?? "", /^the route to 10\.0\.0\.1\/8 on "a\\"\\u\{1b\}\[2J" cannot be read: [ -~]+$/)
  })

  it("finds nothing where there is nothing", () => {
    const space = {
      routes: [{ destination: "10.0.43.0/24", link: "eth0" }],
      addresses: [{ address: "127.0.0.1/8", link: "lo" }],
      networks: [{ network: "web", subnet: "10.0.41.0/24" }]
    }
    assert.isUndefined(find("10.0.42.0/24", space))
  })
})
