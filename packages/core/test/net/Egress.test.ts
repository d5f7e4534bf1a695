import { assert, describe, it } from "@effect/vitest"
import {
  disjointEgress,
  type EgressRule,
  formatAddressOrPrefix,
  formatEgress,
  maxEgressRules,
  parseAddressOrPrefix,
  parseEgress,
  parseEgressRule,
  prefixAround,
  rangeOf,
  rangesOverlap
} from "@vmnet/core"
import { Arbitrary, Effect, Result } from "effect"
import { anyText, ipv4, oneOf, whole } from "../names/support/arbitraries.ts"
import { accepted, hostile, ok, refusal } from "../names/support/parsed.ts"

const rulesOf = (...texts: ReadonlyArray<string>): ReadonlyArray<string> => {
  const policy = ok(parseEgress(texts))
  assert.strictEqual(policy._tag, "Allow")
  return formatEgress(policy)
}

describe("one destination", () => {
  it("is read in all of its forms", () => {
    const cases: ReadonlyArray<readonly [string, ReadonlyArray<EgressRule>]> = [
      ["203.0.113.7", [{ destination: "203.0.113.7" }]],
      ["203.0.113.7/32", [{ destination: "203.0.113.7" }]],
      ["203.0.113.0/24", [{ destination: "203.0.113.0/24" }]],
      ["0.0.0.0/0", [{ destination: "0.0.0.0/0" }]],
      ["203.0.113.0/24/tcp", [{ destination: "203.0.113.0/24", protocol: "tcp" }]],
      ["203.0.113.7/udp", [{ destination: "203.0.113.7", protocol: "udp" }]],
      ["203.0.113.7:53/udp", [{ destination: "203.0.113.7", protocol: "udp", ports: [53, 53] }]],
      ["203.0.113.0/24:80-90/tcp", [{ destination: "203.0.113.0/24", protocol: "tcp", ports: [80, 90] }]],
      [
        "203.0.113.0/24:443",
        [
          { destination: "203.0.113.0/24", protocol: "tcp", ports: [443, 443] },
          { destination: "203.0.113.0/24", protocol: "udp", ports: [443, 443] }
        ]
      ]
    ]
    for (const [text, expected] of cases) assert.deepStrictEqual(ok(parseEgressRule(text)), expected, text)
  })

  it("is nothing hostile, alone or in any of its parts", () => {
    const texts = hostile.flatMap((text) => [text, `${text}:80`, `203.0.113.7:${text}`, `203.0.113.0/${text}`])
    const near = ["203.0.113.1/24", "203.0.113.0/33", "203.0.113.7:0", "203.0.113.7:65536", "203.0.113.7:2-1", "::/0"]
    const more = ["203.0.113.7:80/sctp", "203.0.113.7:80:81", "example.org", "203.0.113.7:", "203.0.113.7/TCP"]
    assert.deepStrictEqual(accepted(parseEgressRule, [...texts, ...near, ...more]), [])
  })
})

describe("a policy", () => {
  it("is a word, or a list without one", () => {
    assert.deepStrictEqual(ok(parseEgress(["internet"])), { _tag: "Internet" })
    assert.deepStrictEqual(ok(parseEgress(["none", "none"])), { _tag: "None" })
    assert.include(refusal(parseEgress(["none", "internet"])), "stands alone")
    assert.include(refusal(parseEgress(["203.0.113.7", "internet"])), "stands alone")
    assert.include(refusal(parseEgress([])), "the list is empty")
    assert.include(refusal(parseEgress(["Internet"])), "is not an IPv4 address")
    assert.include(
      refusal(parseEgress(Array.from({ length: maxEgressRules + 1 }, () => "203.0.113.7"))),
      "at most 1024"
    )
  })

  it("merges ports that overlap or touch", () => {
    assert.deepStrictEqual(rulesOf("203.0.113.7:80-90/tcp", "203.0.113.7:85-95/tcp", "203.0.113.7:96/tcp"), [
      "203.0.113.7:80-96/tcp"
    ])
    assert.deepStrictEqual(rulesOf("203.0.113.7:1-65534/tcp", "203.0.113.7:65535/tcp"), ["203.0.113.7/tcp"])
  })

  it("leaves to a narrower prefix only the ports that a wider one lacks", () => {
    assert.deepStrictEqual(rulesOf("203.0.113.7:80-100/tcp", "203.0.113.0/24:90/tcp", "203.0.113.0/25:95/tcp"), [
      "203.0.113.0/24:90/tcp",
      "203.0.113.0/25:95/tcp",
      "203.0.113.7:80-89/tcp",
      "203.0.113.7:91-94/tcp",
      "203.0.113.7:96-100/tcp"
    ])
  })

  it("drops what a rule without protocol or port covers already", () => {
    assert.deepStrictEqual(
      rulesOf("203.0.113.7:80", "203.0.113.0/24", "203.0.113.128/25", "198.51.100.1:53/udp", "198.51.100.1/udp"),
      ["203.0.113.0/24", "198.51.100.1/udp"]
    )
  })

  it("reaches to the last address", () => {
    assert.deepStrictEqual(rulesOf("255.255.255.255", "255.255.255.0/24:80/tcp", "255.255.255.254/31"), [
      "255.255.255.254/31",
      "255.255.255.0/24:80/tcp"
    ])
    assert.deepStrictEqual(rulesOf("0.0.0.0/0", "255.255.255.255:1"), ["0.0.0.0/0"])
  })

  it("is the same data in whatever order it was written", () => {
    const texts = ["203.0.113.7:80", "198.51.100.0/24", "203.0.113.0/24:80-81/udp", "192.0.2.1/tcp"]
    assert.deepStrictEqual(parseEgress(texts), parseEgress(texts.toReversed()))
  })
})

/** Few enough addresses, lengths and ports that rules meet all the time. */
const rule: Arbitrary.Arbitrary<EgressRule> = Arbitrary.map(
  Arbitrary.all([whole(0, 7), whole(29, 32), oneOf(["tcp", "udp", undefined] as const), whole(0, 12), whole(0, 5)]),
  ([offset, length, protocol, first, more]) => {
    const destination = formatAddressOrPrefix(prefixAround(0xffff_fff8 + offset, length))
    if (protocol === undefined) return { destination }
    return first === 0 ? { destination, protocol } : { destination, protocol, ports: [first, first + more] as const }
  }
)
const rules = Arbitrary.array(rule, { maxLength: 12 })

const allows = (rules: ReadonlyArray<EgressRule>, address: number, protocol: string, port: number): boolean =>
  rules.some((rule) => {
    const { first, last } = rangeOf(ok(parseAddressOrPrefix(rule.destination)))
    const [low, high] = rule.ports ?? [1, 65_535]
    const sameProtocol = rule.protocol === undefined || rule.protocol === protocol
    return sameProtocol && first <= address && address <= last && low <= port && port <= high
  })

const meet = (a: EgressRule, b: EgressRule): boolean => {
  const [left, right] = [a, b].map((rule) => rangeOf(ok(parseAddressOrPrefix(rule.destination))))
  const [p, q] = [a.ports ?? [1, 65_535], b.ports ?? [1, 65_535]]
  return a.protocol === b.protocol && rangesOverlap(left!, right!) && p[0] <= q[1] && q[0] <= p[1]
}

describe("rules made disjoint", () => {
  it.effect.prop("allow exactly what the given ones allow", [rules], ([given]) =>
    Effect.sync(() => {
      const made = disjointEgress(given)
      for (let address = 0xffff_fff6; address <= 0xffff_ffff; address++) {
        for (const protocol of ["tcp", "udp", "icmp"]) {
          for (const port of [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 17, 18, 65_535]) {
            const place = `${address} ${protocol} ${port}`
            assert.strictEqual(allows(made, address, protocol, port), allows(given, address, protocol, port), place)
          }
        }
      }
    })
  )

  it.effect.prop("of one protocol, or of none, never meet one another", [rules], ([given]) =>
    Effect.sync(() => {
      const made = disjointEgress(given)
      made.forEach((a, index) =>
        made.slice(index + 1).forEach((b) => assert.isFalse(meet(a, b), JSON.stringify([a, b])))
      )
    })
  )

  it.effect.prop("stay as they are when made disjoint again, and read back from their text", [rules], ([given]) =>
    Effect.sync(() => {
      const made = disjointEgress(given)
      assert.deepStrictEqual(disjointEgress(made), made)
      if (made.length === 0) return
      const policy = { _tag: "Allow", rules: made } as const
      assert.deepStrictEqual(ok(parseEgress(formatEgress(policy))), policy)
    })
  )

  it.effect.prop("of any single rule are that rule", [ipv4, whole(0, 32)], ([address, length]) =>
    Effect.sync(() => {
      const destination = formatAddressOrPrefix(prefixAround(address, length))
      assert.deepStrictEqual(disjointEgress([{ destination }]), [{ destination }])
    })
  )

  it.effect.prop("come from no text that is not a rule", [anyText], ([text]) =>
    Effect.sync(() => {
      const parsed = parseEgressRule(text)
      if (Result.isFailure(parsed)) assert.match(parsed.failure, /^[ -~]+$/)
    })
  )
})
