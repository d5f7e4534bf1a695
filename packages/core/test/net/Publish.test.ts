import { assert, describe, it } from "@effect/vitest"
import {
  formatIpv4,
  formatPublish,
  parsePort,
  parsePortRange,
  parsePublish,
  publishOverlaps,
  type PublishSpec
} from "@vmnet/core"
import { Arbitrary, Effect, Result } from "effect"
import { anyText, oneOf, portRange, whole } from "../names/support/arbitraries.ts"
import { accepted, hostile, ok, refusal } from "../names/support/parsed.ts"

const spec: Arbitrary.Arbitrary<PublishSpec> = Arbitrary.map(
  Arbitrary.all([oneOf(["tcp", "udp"] as const), whole(0, 3), portRange, whole(1, 65_535)]),
  ([protocol, host, [hostPort, last], drawn]) => {
    const count = last - hostPort + 1
    const hostAddress = host === 0 ? null : formatIpv4(0x0a00_0000 + host)
    return { protocol, hostAddress, hostPort, guestPort: Math.min(drawn, 65_536 - count), count }
  }
)

describe("a published range", () => {
  it("is read in all of its forms", () => {
    const tcp = { protocol: "tcp", hostAddress: null, hostPort: 8080, guestPort: 80, count: 1 } as const
    const cases: ReadonlyArray<readonly [string, PublishSpec]> = [
      ["8080:80", tcp],
      ["8080:80/tcp", tcp],
      ["0.0.0.0:8080:80", tcp],
      ["8080-8080:80-80", tcp],
      ["8080:80/udp", { ...tcp, protocol: "udp" }],
      ["127.0.0.1:8080:80", { ...tcp, hostAddress: "127.0.0.1" }],
      ["8080-8089:80", { ...tcp, count: 10 }],
      ["192.0.2.1:8080-8089:80-89/udp", { ...tcp, protocol: "udp", hostAddress: "192.0.2.1", count: 10 }],
      ["64512-65535:1", { ...tcp, hostPort: 64_512, guestPort: 1, count: 1024 }],
      ["1:65535", { ...tcp, hostPort: 1, guestPort: 65_535 }]
    ]
    for (const [text, expected] of cases) assert.deepStrictEqual(ok(parsePublish(text)), expected, text)
  })

  it("is refused with the reason", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["80:99999", 'guest port "99999" is above 65535'],
      ["0:80", "host port 0 cannot be used"],
      ["80:0", "guest port 0 cannot be used"],
      ["080:80", 'host port "080" has a leading zero'],
      ["80:+80", 'guest "+80" is not a port number'],
      ["80: 80", 'guest " 80" is not a port number'],
      ["80", '"80" is not [HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp]'],
      ["[::1]:80:80", '"[::1]:80:80" is not [HOSTIP:]PORT[-END]:GUESTPORT[-END][/tcp|udp]'],
      ["80:80/sctp", '"80:80/sctp" must end in /tcp or /udp, or in neither'],
      ["80:80/TCP", '"80:80/TCP" must end in /tcp or /udp, or in neither'],
      ["80:80/tcp/udp", '"80:80/tcp/udp" must end in /tcp or /udp, or in neither'],
      ["90-80:80", "host port range 90-80 ends before it starts"],
      ["80-90:80-89", "guest range 80-89 is not as long as the host range 80-90"],
      ["80:80-81", "guest range 80-81 is not as long as the host range 80"],
      ["1-1025:1", "1-1025 is 1025 ports: at most 1024 can be published at once"],
      ["80-90:65530", "guest range from 65530 on would end above 65535"],
      ["localhost:80:80", '"localhost" is not an IPv4 address: expected exactly four decimal octets'],
      ["224.0.0.1:80:80", "host address 224.0.0.1 is not an address of a host"],
      ["255.255.255.255:80:80", "host address 255.255.255.255 is not an address of a host"],
      ["1-2-3:80", 'host "2-3" is not a port number'],
      ["80-:80", 'host "" is not a port number']
    ]
    for (const [text, problem] of cases) assert.strictEqual(refusal(parsePublish(text)), problem, text)
  })

  it("is nothing hostile, alone or in any of its parts", () => {
    const texts = hostile.flatMap((text) => [
      text,
      `${text}:80`,
      `80:${text}`,
      `${text}:80:80`,
      `80:80/${text}`,
      `80-${text}:80`
    ])
    assert.deepStrictEqual(accepted(parsePublish, texts), [])
  })

  it.effect.prop("reads back as it was written", [spec], ([spec]) =>
    Effect.sync(() => assert.deepStrictEqual(ok(parsePublish(formatPublish(spec))), spec))
  )

  it.effect.prop(
    "that can be read says what is written: every text it accepts comes back canonical",
    [anyText],
    ([text]) =>
      Effect.sync(() => {
        const parsed = parsePublish(text)
        if (Result.isFailure(parsed)) assert.match(parsed.failure, /^[ -~]+$/)
        else assert.deepStrictEqual(ok(parsePublish(formatPublish(parsed.success))), parsed.success)
      })
  )

  it("conflicts where address, protocol and port all meet", () => {
    const meets = (a: string, b: string) => publishOverlaps(ok(parsePublish(a)), ok(parsePublish(b)))
    assert.isTrue(meets("80:1", "80:2"))
    assert.isTrue(meets("80:1", "127.0.0.1:80:2"))
    assert.isTrue(meets("127.0.0.1:80:1", "80:2"))
    assert.isTrue(meets("80-90:1", "90-95:1"))
    assert.isTrue(meets("127.0.0.1:80:1", "127.0.0.1:80:2"))
    assert.isFalse(meets("80:1", "80:1/udp"))
    assert.isFalse(meets("80-90:1", "91-95:1"))
    assert.isFalse(meets("127.0.0.1:80:1", "192.0.2.1:80:1"))
  })

  it.effect.prop("conflicts exactly when some port of some address is wanted twice", [spec, spec], ([a, b]) =>
    Effect.sync(() => {
      const addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.9.9.9"]
      const keys = ({ protocol, hostAddress, hostPort, count }: PublishSpec) =>
        addresses
          .filter((address) => hostAddress === null || hostAddress === address)
          .flatMap((address) =>
            Array.from({ length: count }, (_, index) => `${protocol} ${address} ${hostPort + index}`)
          )
      const wanted = new Set(keys(a))
      assert.strictEqual(
        publishOverlaps(a, b),
        keys(b).some((key) => wanted.has(key))
      )
      assert.strictEqual(publishOverlaps(a, b), publishOverlaps(b, a))
    })
  )
})

describe("ports", () => {
  it("are plain decimal from 1 to 65535", () => {
    assert.strictEqual(ok(parsePort("1")), 1)
    assert.strictEqual(ok(parsePort("65535")), 65_535)
    const near = ["0", "65536", "80 ", "8 0", "00", "1_000", "80/tcp", "9".repeat(400)]
    assert.deepStrictEqual(accepted(parsePort, [...hostile, ...near]), [])
  })

  it("make ranges with both ends included", () => {
    assert.deepStrictEqual(ok(parsePortRange("80")), [80, 80])
    assert.deepStrictEqual(ok(parsePortRange("1-65535")), [1, 65_535])
    assert.deepStrictEqual(accepted(parsePortRange, ["", "-", "1-", "-1", "2-1", "1-2-3", "1 - 2", "1–2"]), [])
  })
})
