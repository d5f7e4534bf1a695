import { assert, it } from "@effect/vitest"
import { differenceWords } from "../../src/vmnet/check/driftWords.ts"

it("what is not there is said to be missing, and what is there by its value", () => {
  assert.strictEqual(differenceWords({ what: "alias", expected: "X", found: "" }), "has no alias, not X")
  assert.strictEqual(differenceWords({ what: "mtu", expected: "1500", found: "1400" }), "mtu is 1400, not 1500")
})
