import { assert, describe, it } from "@effect/vitest"
import type { Link } from "@vmnet/core"
import { judgeLink } from "../../src/vmnet/gc/linkLikeOurs.ts"

const ours = [{ base: 10 * 2 ** 24 + 42 * 2 ** 8, length: 24 }]

const link = (changes: Partial<Link> = {}): Link => ({
  link: "vmtaaaaaaaaaaaa",
  index: 2,
  type: "tun",
  mac: "02:fc:00:00:00:01",
  mtu: 1500,
  up: true,
  alias: "",
  master: null,
  addresses: [],
  ...changes
})

describe("the heuristic takes a link by its looks", () => {
  it.each([
    ["a TAP that nobody has set up", { up: false }],
    ["a TAP that is up", {}],
    ["one with an address of ours", { addresses: ["10.0.42.1/24", "fe80::1/64"] }],
    ["a veth that is down", { link: "vmvaaaaaaaaaaaa", type: "veth", up: false }],
    ["a bridge", { link: "vmbaaaaaaaaaaaa", type: "bridge" }]
  ] as const)("%s", (_, changes) => assert.strictEqual(judgeLink(link(changes), ours), "unused"))
})

describe("the heuristic leaves a link alone", () => {
  it.each([
    ["with the tag of another install", { alias: "vmnet:ffffffff:vm1:1" }, "foreign"],
    ["with any other alias", { alias: "x" }, "foreign"],
    ["of another type", { type: "bridge" }, "foreign"],
    ["that is a port", { master: "br0" }, "usedBy"],
    ["that is a veth and up", { link: "vmvaaaaaaaaaaaa", type: "veth" }, "usedBy"],
    ["with an address of others beside ours", { addresses: ["10.0.42.1/24", "10.0.43.1/24"] }, "foreign"],
    ["with a global IPv6 address", { addresses: ["2001:db8::1/64"] }, "foreign"],
    ["with an address that cannot be read", { addresses: ["10.0.42.1"] }, "foreign"]
  ] as const)("%s", (_, changes, why) => assert.property(judgeLink(link(changes), ours), why))

  it("where no subnet is known and it has an address", () => {
    assert.property(judgeLink(link({ addresses: ["10.0.42.1/24"] }), []), "foreign")
  })
})
