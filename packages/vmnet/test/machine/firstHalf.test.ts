import { describe } from "@effect/vitest"
import { anyLife } from "./exploring.ts"

describe("whatever happens to a machine, the first half of it", () => {
  anyLife("packages/vmnet/test/machine/firstHalf", 1)
})
