import { assert, describe, it } from "@effect/vitest"
import { formatTapOwner, Mac, parseNetnsPath, parsePid, parseTapOwner, quote } from "@vmnet/core"
import { Effect } from "effect"
import { anyText, whole } from "./support/arbitraries.ts"
import { accepted, hostile, ok, refusal } from "./support/parsed.ts"

describe("a MAC address somebody chose", () => {
  it("is any unicast address, in lower case", () => {
    assert.strictEqual(ok(Mac.parse("02:FC:00:aB:00:05")), "02:fc:00:ab:00:05")
    assert.strictEqual(ok(Mac.parse("00:16:3e:00:00:01")), "00:16:3e:00:00:01")
  })

  it("is neither zero nor multicast nor broadcast", () => {
    assert.strictEqual(refusal(Mac.parse("00:00:00:00:00:00")), "00:00:00:00:00:00 is no address")
    assert.include(refusal(Mac.parse("01:00:5E:00:00:01")), "multicast")
    assert.include(refusal(Mac.parse("ff:ff:ff:ff:ff:ff")), "broadcast")
  })

  it("is six pairs of hexadecimal digits with colons", () => {
    const near = ["02:fc:00:00:00", "02-fc-00-00-00-05", "02:fc:00:00:00:5", "02:fc:00:00:00:05:06", "02fc00000005"]
    for (const text of [...hostile, ...near, " 02:fc:00:00:00:05", "02:fc:00:00:00:05\n", "02:fc:00:00:00:0g"]) {
      assert.include(refusal(Mac.parse(text)), "is not a MAC address")
    }
  })
})

describe("the owner of a TAP", () => {
  it.effect.prop("reads back as it was written", [whole(0, 4_294_967_294), whole(-1, 4_294_967_294)], ([uid, gid]) =>
    Effect.sync(() => {
      const owner = gid === -1 ? { uid } : { uid, gid }
      assert.deepStrictEqual(ok(parseTapOwner(formatTapOwner(owner))), owner)
    })
  )

  it("is numeric, and at most one id before the one that means unchanged", () => {
    assert.deepStrictEqual(ok(parseTapOwner("0:4294967294")), { uid: 0, gid: 4_294_967_294 })
    const near = ["root", "root:root", "1000:", ":1000", "1:2:3", "4294967295", "1:4294967295"]
    assert.deepStrictEqual(accepted(parseTapOwner, [...hostile, ...near]), [])
  })
})

describe("a process id", () => {
  it("is a positive decimal number that the kernel could have given", () => {
    assert.strictEqual(ok(parsePid("1")), 1)
    assert.strictEqual(ok(parsePid("4194304")), 4_194_304)
    assert.deepStrictEqual(accepted(parsePid, [...hostile, "0", "4194305", "self", "1 ", "12a"]), [])
  })
})

describe("the path of a namespace", () => {
  it("is absolute and in its one form", () => {
    for (const path of ["/run/netns/a", "/proc/1/ns/net", "/a b", "/run/netns/é", "/...", "/a..b"]) {
      assert.strictEqual(ok(parseNetnsPath(path)), path)
    }
  })

  it("is refused with the reason otherwise", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["run/netns/a", "must be absolute"],
      ["", "must be absolute"],
      ["--flag", "must be absolute"],
      ["/", "is the root directory"],
      ["/run//a", "has an empty segment"],
      ["/run/a/", "ends in a slash"],
      ["/run/../a", "has a . or .. segment"],
      ["/run/./a", "has a . or .. segment"],
      ["/run/a\n", "has a control character"],
      ["/run/\u0000", "has a control character"],
      ["/run/\u009B31m", "has a control character"],
      [`/${"a".repeat(4095)}`, "is longer than 4095 bytes"],
      [`/${"é".repeat(2048)}`, "is longer than 4095 bytes"]
    ]
    for (const [path, problem] of cases) assert.include(refusal(parseNetnsPath(path)), problem)
    ok(parseNetnsPath(`/${"a".repeat(4094)}`))
  })
})

describe("quoting", () => {
  it("shows plain text as it is and everything else by its code point", () => {
    assert.strictEqual(quote("a b"), '"a b"')
    assert.strictEqual(quote('a"b\\'), '"a\\"b\\\\"')
    assert.strictEqual(quote("\u202Ea\n\u001B😀"), '"\\u{202e}a\\u{a}\\u{1b}\\u{1f600}"')
    assert.strictEqual(quote("x".repeat(100)), `"${"x".repeat(80)}" and 20 more characters`)
  })

  it.effect.prop("leaves nothing that a terminal would act upon", [anyText], ([text]) =>
    Effect.sync(() => assert.match(quote(text), /^[ -~]+$/))
  )
})
