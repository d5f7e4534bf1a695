import { describe } from "@effect/vitest"
import { anyLife } from "./exploring.ts"

describe("whatever happens to a machine, the second half of it", () => {
  anyLife("packages/vmnet/test/machine/secondHalf", 100001)
})
