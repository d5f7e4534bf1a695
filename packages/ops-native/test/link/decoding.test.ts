import { assert, describe, it } from "@effect/vitest"
import { decodeAddress } from "#src/link/decodeAddress.ts"
import { decodeLink } from "#src/link/decodeLink.ts"
import { decodeNeighbour, isPermanent } from "#src/link/decodeNeighbour.ts"
import { decodeRoute } from "#src/link/decodeRoute.ts"
import { decodeError, wordsOf } from "#src/netlink/KernelError.ts"
import { messagesOf, payloadsOf } from "./capturedAnswers.ts"

const plain = { alias: "", master: 0, isolated: false, up: true, carrier: true, mtu: 1500 }

describe("what the kernel answers about", () => {
  it("links", () => {
    assert.deepStrictEqual(payloadsOf("links").map(decodeLink), [
      {
        ...plain,
        name: "lo",
        index: 1,
        type: "",
        mac: "00:00:00:00:00:00",
        mtu: 65_536,
        alias: "vmnet:0a1b2c3d:vm1:1"
      },
      {
        ...plain,
        name: "vmb1",
        index: 3,
        type: "bridge",
        mac: "02:00:00:00:0b:01",
        carrier: false,
        alias: "vmnet:0a1b2c3d:@network.web:1"
      },
      {
        ...plain,
        name: "vmt1",
        index: 4,
        type: "tun",
        mac: "02:00:00:00:0a:01",
        master: 3,
        isolated: true,
        carrier: false,
        owner: { uid: 1000, gid: null }
      },
      { ...plain, name: "vmp1", index: 5, type: "veth", mac: "02:00:00:00:0e:02" },
      { ...plain, name: "vmv1", index: 6, type: "veth", mac: "02:00:00:00:0e:01" },
      {
        ...plain,
        name: "vmt2",
        index: 7,
        type: "tun",
        mac: decodeLink(payloadsOf("links").at(-1)!)?.mac ?? "",
        up: false,
        carrier: false,
        owner: { uid: 0, gid: 1001 }
      }
    ])
  })

  it("addresses: the local one of a point-to-point link", () => {
    assert.deepStrictEqual(payloadsOf("addresses").map(decodeAddress), [
      { link: 1, address: "127.0.0.1/8" },
      { link: 3, address: "10.0.42.1/24" },
      { link: 6, address: "10.1.0.1/32" }
    ])
  })

  it("routes: by gateway, on a link, over several hops, to nowhere, by a gateway of IPv6", () => {
    const one = (destination: string, link: number | undefined, via: string | null, metric = 0) => ({
      destination,
      metric,
      several: false,
      hops: [{ link, via }]
    })
    assert.deepStrictEqual(payloadsOf("routes").map(decodeRoute), [
      one("0.0.0.0/0", 3, "10.0.42.254", 100),
      one("10.0.42.0/24", 3, null),
      one("10.1.0.2/32", 6, null),
      one("10.6.0.0/16", 6, "fe80::1"),
      one("10.7.0.0/16", undefined, null),
      {
        destination: "10.8.0.0/16",
        metric: 0,
        several: true,
        hops: [
          { link: 3, via: "10.0.42.3" },
          { link: 6, via: "10.1.0.2" }
        ]
      },
      one("10.9.0.0/16", 3, null)
    ])
  })

  it("neighbours: of all entries the permanent ones", () => {
    const found = payloadsOf("neighbours").map(decodeNeighbour)
    assert.isAbove(found.length, 1)
    assert.deepStrictEqual(
      found.filter((entry) => entry !== undefined),
      [{ link: 3, address: "10.0.42.2", mac: "02:00:00:00:0c:01" }]
    )
    assert.deepStrictEqual(payloadsOf("neighbour").map(isPermanent), [true])
  })

  it("what it refuses, in the words of ip", () => {
    const words = (question: string) => messagesOf(question).map(({ payload }) => wordsOf(decodeError(payload)!))
    assert.deepStrictEqual(words("absent"), ["RTNETLINK answers: No such device"])
    assert.deepStrictEqual(words("exists"), ["RTNETLINK answers: File exists"])
    assert.deepStrictEqual(words("mtu"), ["Error: mtu greater than device maximum."])
    assert.deepStrictEqual(words("gateway"), ["Error: Nexthop has invalid gateway."])
  })
})

describe("what is no answer", () => {
  it("is nothing", () => {
    for (const decode of [decodeLink, decodeAddress, decodeRoute, decodeNeighbour]) {
      for (const size of [0, 1, 7, 8, 11, 12, 15, 16, 100]) assert.isUndefined(decode(new Uint8Array(size)))
    }
  })

  it("is not about another table, nor about the cache", () => {
    const [first] = payloadsOf("routes")
    const local = Uint8Array.from(first!)
    // RTA_TABLE is its first attribute.
    local[16] = 255
    assert.isUndefined(decodeRoute(local))
    const cached = Uint8Array.from(first!)
    cached[9] = 2
    assert.isUndefined(decodeRoute(cached))
  })
})
