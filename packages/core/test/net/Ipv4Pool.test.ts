import { assert, describe, it } from "@effect/vitest"
import {
  formatAddressOrPrefix,
  formatIpv4,
  formatPrefix,
  inRange,
  makeIpv4Pool,
  prefixAround,
  rangeOf
} from "@vmnet/core"
import { Arbitrary, Effect } from "effect"
import { prefix, whole } from "../names/support/arbitraries.ts"
import { ok, refusal } from "../names/support/parsed.ts"

interface Row {
  readonly subnet: string
  readonly gateway: string
  readonly size: number
  readonly first: string
  readonly last: string
  readonly broadcast: string
}

const rows: ReadonlyArray<Row> = [
  {
    subnet: "10.0.0.0/8",
    gateway: "10.0.0.1",
    size: 2 ** 24 - 3,
    first: "10.0.0.2",
    last: "10.255.255.254",
    broadcast: "10.255.255.255"
  },
  {
    subnet: "10.42.0.0/16",
    gateway: "10.42.0.1",
    size: 65_533,
    first: "10.42.0.2",
    last: "10.42.255.254",
    broadcast: "10.42.255.255"
  },
  {
    subnet: "10.0.42.0/24",
    gateway: "10.0.42.1",
    size: 253,
    first: "10.0.42.2",
    last: "10.0.42.254",
    broadcast: "10.0.42.255"
  },
  {
    subnet: "10.0.42.128/25",
    gateway: "10.0.42.129",
    size: 125,
    first: "10.0.42.130",
    last: "10.0.42.254",
    broadcast: "10.0.42.255"
  },
  {
    subnet: "10.0.42.16/28",
    gateway: "10.0.42.17",
    size: 13,
    first: "10.0.42.18",
    last: "10.0.42.30",
    broadcast: "10.0.42.31"
  },
  {
    subnet: "10.0.42.8/29",
    gateway: "10.0.42.9",
    size: 5,
    first: "10.0.42.10",
    last: "10.0.42.14",
    broadcast: "10.0.42.15"
  },
  {
    subnet: "10.0.42.4/30",
    gateway: "10.0.42.5",
    size: 1,
    first: "10.0.42.6",
    last: "10.0.42.6",
    broadcast: "10.0.42.7"
  },
  {
    subnet: "255.255.255.0/24",
    gateway: "255.255.255.1",
    size: 253,
    first: "255.255.255.2",
    last: "255.255.255.254",
    broadcast: "255.255.255.255"
  }
]

describe("a pool of guest addresses", () => {
  for (const row of rows) {
    it(`of ${row.subnet} gives out ${row.size} addresses from ${row.first} to ${row.last}`, () => {
      const pool = ok(makeIpv4Pool({ subnet: row.subnet }))
      assert.strictEqual(pool.gateway, row.gateway)
      assert.strictEqual(pool.size, row.size)
      assert.strictEqual(pool.nth(0), row.first)
      assert.strictEqual(pool.nth(row.size - 1), row.last)
      assert.isUndefined(pool.nth(row.size))
      assert.strictEqual(pool.isReserved(row.subnet.split("/")[0]!), "network address")
      assert.strictEqual(pool.isReserved(row.gateway), "gateway")
      assert.strictEqual(pool.isReserved(row.broadcast), "broadcast address")
      assert.isUndefined(pool.isReserved(row.first))
      assert.isTrue(pool.contains(row.broadcast))
    })
  }

  it("refuses subnets that cannot hold a gateway and a guest, saying why", () => {
    assert.include(refusal(makeIpv4Pool({ subnet: "10.0.42.4/31" })), "has no broadcast address")
    assert.include(refusal(makeIpv4Pool({ subnet: "10.0.42.4/32" })), "is a single address")
    assert.include(refusal(makeIpv4Pool({ subnet: "8.0.0.0/7" })), "larger than a /8")
  })

  it("takes any host address of the subnet for its gateway and no other", () => {
    const withGateway = (gateway: string) => makeIpv4Pool({ subnet: "10.0.42.128/25", gateway })
    const pool = ok(withGateway("10.0.42.254"))
    assert.deepStrictEqual([pool.nth(0), pool.nth(pool.size - 1), pool.size], ["10.0.42.129", "10.0.42.253", 125])
    assert.strictEqual(pool.isReserved("10.0.42.254"), "gateway")
    assert.strictEqual(refusal(withGateway("10.0.42.1")), "gateway 10.0.42.1 is outside 10.0.42.128/25")
    assert.include(refusal(withGateway("10.0.42.128")), "is the network address of")
    assert.include(refusal(withGateway("10.0.42.255")), "is the broadcast address of")
    assert.include(refusal(withGateway("10.0.43.0")), "is outside")
  })

  it("excludes addresses and prefixes, however they overlap", () => {
    const exclude = ["10.0.42.2", "10.0.42.8/29", "10.0.42.12/30", "10.0.42.16", "10.0.42.0/31", "192.0.2.0/24"]
    const pool = ok(makeIpv4Pool({ subnet: "10.0.42.0/24", exclude }))
    assert.strictEqual(pool.size, 253 - 1 - 8 - 1)
    assert.strictEqual(pool.nth(0), "10.0.42.3")
    assert.strictEqual(pool.nth(5), "10.0.42.17")
    assert.strictEqual(pool.isReserved("10.0.42.12"), "excluded")
    assert.strictEqual(pool.isReserved("10.0.42.1"), "gateway")
    assert.isUndefined(pool.indexOf("10.0.42.16"))
  })

  it("joins exclusions that touch, up to the last address there is", () => {
    const exclude = ["255.255.255.128/26", "255.255.255.192/26", "255.255.255.127", "255.255.255.2"]
    const pool = ok(makeIpv4Pool({ subnet: "255.255.255.0/24", exclude }))
    assert.deepStrictEqual([pool.size, pool.nth(0), pool.nth(123)], [124, "255.255.255.3", "255.255.255.126"])
    assert.isUndefined(pool.nth(124))
  })

  it("can be left with nothing", () => {
    const pool = ok(makeIpv4Pool({ subnet: "10.0.42.0/24", exclude: ["10.0.0.0/8"] }))
    assert.strictEqual(pool.size, 0)
    assert.isUndefined(pool.nth(0))
  })

  it("answers nothing for what is no address or no index", () => {
    const pool = ok(makeIpv4Pool({ subnet: "10.0.42.0/24" }))
    for (const text of ["", "10.0.42.5/24", "10.0.42.05", "$(x)", "10.0.43.5"]) {
      assert.isUndefined(pool.indexOf(text))
      assert.isUndefined(pool.isReserved(text))
      assert.isFalse(pool.contains(text))
    }
    for (const index of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 253]) assert.isUndefined(pool.nth(index))
  })

  const exclusions = Arbitrary.array(Arbitrary.all([whole(0, 255), whole(24, 32)]), { maxLength: 6 })

  it.effect.prop(
    "agrees with going through the subnet address by address",
    [prefix(24, 30), exclusions, whole(0, 255)],
    ([subnet, drawn, offset]) =>
      Effect.sync(() => {
        const bounds = rangeOf(subnet)
        const size = bounds.last - bounds.first + 1
        const excluded = drawn.map(([offset, length]) => prefixAround(bounds.first + (offset % size), length))
        const gateway = bounds.first + 1 + (offset % (size - 2))
        const pool = ok(
          makeIpv4Pool({
            subnet: formatPrefix(subnet),
            gateway: formatIpv4(gateway),
            exclude: excluded.map(formatAddressOrPrefix)
          })
        )
        const expected: Array<string> = []
        for (let address = bounds.first + 1; address < bounds.last; address++) {
          const free = address !== gateway && !excluded.some((block) => inRange(rangeOf(block), address))
          const text = formatIpv4(address)
          if (free) expected.push(text)
          assert.strictEqual(pool.isReserved(text) === undefined, free, text)
        }
        assert.strictEqual(pool.size, expected.length)
        assert.deepStrictEqual(
          expected.map((_, index) => pool.nth(index)),
          expected
        )
        expected.forEach((address, index) => assert.strictEqual(pool.indexOf(address), index))
      })
  )

  it.effect.prop("of any size finds every index again", [prefix(8, 30), whole(0, 2 ** 24)], ([subnet, drawn]) =>
    Effect.sync(() => {
      const pool = ok(makeIpv4Pool({ subnet: formatPrefix(subnet) }))
      const index = drawn % pool.size
      const address = pool.nth(index)!
      assert.strictEqual(pool.indexOf(address), index)
      assert.isUndefined(pool.isReserved(address))
      assert.isTrue(pool.contains(address))
    })
  )

  it("costs the same whatever the size of the subnet", () => {
    const pool = ok(makeIpv4Pool({ subnet: "10.0.0.0/8", exclude: ["10.128.0.0/9"] }))
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < 20_000; index++) assert.isDefined(pool.nth(index * 400))
    assert.isBelow(process.memoryUsage().heapUsed - before, 64 * 1024 * 1024)
    assert.strictEqual(pool.size, 2 ** 23 - 2)
  })
})
