import { assert, describe, it } from "@effect/vitest"
import type { NatChange, NatElement } from "@vmnet/core"
import { objectionToChanges } from "@vmnet/ops-common"
import { natFixtures } from "@vmnet/testkit/conformance"

const { add, owner, remove } = natFixtures
const guest = natFixtures.guest()
const binding: NatElement = { _tag: "Binding", port: "vmt1", mac: "02:00:00:00:00:01", address: "10.0.42.2" }
const publish = natFixtures.publish()
const slot = natFixtures.slot()
const egress = (destination: string, ports?: readonly [number, number]): NatElement => ({
  _tag: "Egress",
  address: "10.0.42.2",
  destination,
  protocol: "tcp",
  ...(ports === undefined ? {} : { ports })
})

/** Texts that would end a string, a statement or a word of nft, or be a pattern, a variable or a set. */
const injections = ['a"b', "a;b", "a b", "a\nb", "a{b", "a}b", "$a", "@a", "vmt*", "-a", "", "sixteen-letters-"]

describe("what goes into the firewall", () => {
  for (const text of injections) {
    it(`is never ${JSON.stringify(text)}, as device, port, MAC, address or tag`, () => {
      const elements: ReadonlyArray<NatElement> = [
        { _tag: "Segment", device: text, isolated: false },
        { _tag: "Masquerade", device: text },
        { _tag: "HostAccess", device: text },
        { ...guest, device: text },
        { ...guest, address: text },
        { ...binding, port: text },
        { ...binding, mac: text },
        { ...binding, address: text },
        { ...slot, device: text },
        { ...slot, uplink: text },
        { ...slot, mac: text },
        { ...slot, address: text },
        { ...slot, outside: text },
        { ...publish, guestAddress: text },
        { ...publish, hostAddress: text },
        egress(text)
      ]
      for (const element of elements) {
        assert.deepInclude(
          { ...objectionToChanges([{ _tag: "AddLayout" }, add(element)]) },
          { reason: "Invalid", index: 1 }
        )
        assert.strictEqual(objectionToChanges([remove(element)])?.reason, "Invalid")
      }
    })
  }

  it("carries a tag without quotes, of at most 128 characters", () => {
    const tagged = (owner: string) => objectionToChanges([{ _tag: "AddElement", element: guest, owner }])?.reason
    for (const tag of ['a"', "a b", "a\n", "", "x".repeat(129)]) assert.strictEqual(tagged(tag), "Invalid", tag)
    for (const tag of [owner, "vmnet:0a1b2c3d:@network.web:1", "x".repeat(128)]) assert.isUndefined(tagged(tag), tag)
  })
})

describe("egress entries of one guest added together", () => {
  const overlapping: ReadonlyArray<readonly [NatElement, NatElement]> = [
    [egress("0.0.0.0/0"), egress("203.0.113.0/24", [443, 443])],
    [egress("203.0.113.0/24", [400, 500]), egress("203.0.113.128/25", [500, 600])],
    [egress("203.0.113.0/24"), egress("203.0.113.0/24")]
  ]
  for (const [one, other] of overlapping) {
    it(`are refused in either order when they overlap: ${JSON.stringify([one, other])}`, () => {
      for (const pair of [
        [one, other],
        [other, one]
      ]) {
        assert.deepInclude(
          { ...objectionToChanges(pair.map((element) => add(element))) },
          { reason: "Exists", index: 1 }
        )
      }
    })
  }

  it("are accepted when they are disjoint, or of different guests or protocols, or one goes before", () => {
    const web = egress("203.0.113.0/24", [443, 443])
    const accepted: ReadonlyArray<ReadonlyArray<NatChange>> = [
      [add(web), add(egress("203.0.113.0/24", [444, 500])), add(egress("203.0.112.0/24", [443, 443]))],
      [add(web), add({ ...web, address: "10.0.42.3" } as NatElement)],
      [add(web), add({ ...web, protocol: "udp" } as NatElement)],
      [add(web), add({ _tag: "Egress", address: "10.0.42.2", destination: "203.0.113.0/24" })],
      [add(web), remove(web), add(egress("0.0.0.0/0"))]
    ]
    for (const changes of accepted) assert.isUndefined(objectionToChanges(changes), JSON.stringify(changes))
  })
})
