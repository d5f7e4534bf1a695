import { assert, describe, it } from "@effect/vitest"
import { namePattern, parseNetworkName, parseVmName } from "@vmnet/core"
import { Effect, Result } from "effect"
import { anyText, oneOf, whole } from "./support/arbitraries.ts"
import { accepted, hostile, ok, refusal } from "./support/parsed.ts"

describe("names of VMs and networks", () => {
  it("letters, digits, dots, underscores and dashes make a name", () => {
    for (const text of ["a", "0", "web-1", "my.vm_2", "a-", "a.", "x".repeat(63), "constructor", "bridge"]) {
      assert.strictEqual(ok(parseVmName(text)), text)
      assert.strictEqual(ok(parseNetworkName(text)), text)
    }
  })

  it("nothing hostile is a name", () => {
    // Numbers of any kind are names like any other.
    assert.deepStrictEqual(accepted(parseVmName, hostile), ["0x10", "1e3", "1.5", "01"])
  })

  it("the message says which character is wrong and where", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["", "a VM name must not be empty"],
      [
        "Web",
        'VM name "Web": "W" at position 1 is not allowed, the first character must be one of a-z 0-9 (write "w")'
      ],
      ["-h", 'VM name "-h": "-" at position 1 is not allowed, the first character must be one of a-z 0-9'],
      ["a b", 'VM name "a b": " " at position 2 is not allowed, allowed are a-z 0-9 . _ -'],
      ["a\u001B", 'VM name "a\\u{1b}": "\\u{1b}" at position 2 is not allowed, allowed are a-z 0-9 . _ -'],
      ["a..b", 'VM name "a..b": two dots in a row at position 2']
    ]
    for (const [text, problem] of cases) assert.strictEqual(refusal(parseVmName(text)), problem)
  })

  it("the message gives the length of a name that is too long, and says what it is the name of", () => {
    assert.include(refusal(parseVmName("x".repeat(64))), "is 64 characters long: at most 63 are allowed")
    assert.match(refusal(parseNetworkName("A")), /^network name /)
  })

  it.effect.prop("no message carries a character a terminal would act upon", [anyText], ([text]) =>
    Effect.sync(() => {
      const parsed = parseVmName(text)
      if (Result.isFailure(parsed)) assert.match(parsed.failure, /^[ -~]+$/)
    })
  )

  it.effect.prop(
    "the pattern of the schema and the parser agree",
    [oneOf(["a", "-", ".", "_", "9", "A", "..", " "]), oneOf(["b", ".", "..", "/", "-"]), whole(0, 62)],
    ([head, middle, length]) =>
      Effect.sync(() => {
        const text = `${head}${middle}${"x".repeat(length)}`
        assert.strictEqual(Result.isSuccess(parseVmName(text)), new RegExp(namePattern).test(text), text)
      })
  )
})
