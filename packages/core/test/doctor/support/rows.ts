import { assert, it } from "@effect/vitest"
import { diagnose, type DoctorContext, type HostFacts } from "@vmnet/core"
import { context, factsWith } from "./facts.ts"

/** A host, the check that looks at it, what that has to say, and its fix. */
export type Row = readonly [
  what: string,
  check: string,
  facts: Partial<HostFacts>,
  status: string,
  fix?: string | RegExp | undefined,
  context?: Partial<DoctorContext>
]

/** One test for each row: exactly one finding of the check, as bad as it is, with its fix. */
export const testRows = (rows: ReadonlyArray<Row>): void => {
  for (const [what, check, facts, status, fix, more] of rows) {
    it(`${what} (${check})`, () => {
      const all = diagnose(factsWith(facts), { ...context, ...more })
      const [found, ...others] = all.filter((one) => one.check === check)
      assert.deepStrictEqual(others, [])
      assert.strictEqual(found?.status, status)
      if (fix instanceof RegExp) assert.match(found?.fix ?? "", fix)
      else if (fix !== undefined) assert.strictEqual(found?.fix, fix)
      else if (status === "ok") assert.isNull(found?.fix)
    })
  }
}
