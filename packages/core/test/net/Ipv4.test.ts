import { assert, describe, it } from "@effect/vitest"
import {
  covers,
  formatAddressOrPrefix,
  formatIpv4,
  formatPrefix,
  overlaps,
  parseAddressOrPrefix,
  parseInterface,
  parseIpv4,
  parsePrefix,
  rangeOf
} from "@vmnet/core"
import { Effect } from "effect"
import { ipv4, prefix, whole } from "../names/support/arbitraries.ts"
import { accepted, hostile, ok, refusal } from "../names/support/parsed.ts"

describe("addresses", () => {
  it.effect.prop("read back as they were written, over the whole range", [ipv4], ([address]) =>
    Effect.sync(() => assert.strictEqual(ok(parseIpv4(formatIpv4(address))), address))
  )

  it("are unsigned numbers up to the last one", () => {
    assert.strictEqual(ok(parseIpv4("0.0.0.0")), 0)
    assert.strictEqual(ok(parseIpv4("127.255.255.255")), 0x7fff_ffff)
    assert.strictEqual(ok(parseIpv4("128.0.0.0")), 0x8000_0000)
    assert.strictEqual(ok(parseIpv4("255.255.255.255")), 0xffff_ffff)
  })

  it("are four plain decimal octets and nothing else", () => {
    const near = ["1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\n", "1..2.3", "::1"]
    for (const text of [...hostile, ...near, "1.2.3.4/24", "0x1.2.3.4", "1.2.3.-4", "16909060", "1.2.3.٤"]) {
      assert.include(refusal(parseIpv4(text)), "is not an IPv4 address")
    }
  })
})

describe("prefixes", () => {
  it.effect.prop("read back as they were written", [prefix(0, 32)], ([block]) =>
    Effect.sync(() => {
      assert.deepStrictEqual(ok(parsePrefix(formatPrefix(block))), block)
      assert.deepStrictEqual(ok(parseAddressOrPrefix(formatAddressOrPrefix(block))), block)
    })
  )

  it("with bits below their length are refused, naming the block that holds them", () => {
    assert.strictEqual(
      refusal(parsePrefix("10.0.42.129/25")),
      '"10.0.42.129/25" has bits set below its prefix: the block is 10.0.42.128/25'
    )
    assert.include(refusal(parsePrefix("128.0.0.1/0")), "the block is 0.0.0.0/0")
  })

  it("have a length from 0 to 32 in plain decimal", () => {
    const near = ["10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8 ", "10.0.0.0 /8"]
    const more = ["10.0.0.0/8/8", "10.0.0.0/٨", "10.0.0.0/255.0.0.0", "10/8", "::/0"]
    assert.deepStrictEqual(accepted(parsePrefix, [...hostile, ...near, ...more]), [])
  })

  it("keep the address of an interface beside its block", () => {
    assert.deepStrictEqual(ok(parseInterface("10.0.42.7/24")), {
      address: 0x0a00_2a07,
      prefix: { base: 0x0a00_2a00, length: 24 }
    })
  })

  it("of one address are shown without their length", () => {
    assert.strictEqual(formatAddressOrPrefix(ok(parseAddressOrPrefix("203.0.113.7/32"))), "203.0.113.7")
    assert.strictEqual(formatAddressOrPrefix(ok(parseAddressOrPrefix("0.0.0.0/0"))), "0.0.0.0/0")
  })

  it.effect.prop(
    "overlap exactly when one covers the other, and covering is what the ends say",
    [prefix(0, 32), prefix(0, 32), whole(0, 32)],
    ([a, other, length]) =>
      Effect.sync(() => {
        const near = ok(parsePrefix(formatPrefix(rangeAround(a.base, length))))
        for (const b of [other, near]) {
          const [left, right] = [rangeOf(a), rangeOf(b)]
          assert.strictEqual(overlaps(a, b), covers(a, b) || covers(b, a))
          assert.strictEqual(covers(a, b), left.first <= right.first && right.last <= left.last)
          assert.strictEqual(overlaps(a, b), overlaps(b, a))
        }
      })
  )
})

const rangeAround = (address: number, length: number) => ({ base: address - (address % 2 ** (32 - length)), length })
