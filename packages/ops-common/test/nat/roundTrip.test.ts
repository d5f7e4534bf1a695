import { assert, describe, it } from "@effect/vitest"
import { natElementKey } from "@vmnet/core"
import {
  type NftObject,
  commandsOf,
  decode,
  elementsIn,
  encode,
  indexOf,
  judge,
  objectionToElement,
  renderJson
} from "@vmnet/ops-common"
import { Schema } from "effect"
import { coexisting, type Owned } from "./arbitraryElements.ts"

const Transaction = Schema.fromJsonString(
  Schema.Struct({
    nftables: Schema.Array(
      Schema.Struct({ create: Schema.Struct({ element: Schema.Record(Schema.String, Schema.Unknown) }) })
    )
  })
)

/** nft prints an element as it takes it; the conformance suite proves that on the kernel. */
const listed = (all: ReadonlyArray<Owned>): ReadonlyArray<NftObject> => {
  const changes = all.map((owned) => ({ _tag: "AddElement", ...owned }) as const)
  // A slot creates its table, which is text.
  const creating = commandsOf(changes).filter(({ _tag }) => _tag === "Create")
  const json = renderJson("0a1b2c3d", creating) ?? ""
  return Schema.decodeSync(Transaction)(json).nftables.map(({ create }) => ({ kind: "set", body: create.element }))
}

const sorted = (all: ReadonlyArray<Owned>): ReadonlyArray<Owned> =>
  all.toSorted((a, b) => natElementKey(a.element).localeCompare(natElementKey(b.element)))

describe("elements", () => {
  it.prop("are read back as they were written, whatever stands beside them", [coexisting], ([all]) => {
    assert.deepStrictEqual(sorted(decode(elementsIn(listed(all)))), sorted(all))
  })

  it.prop("are found, and are not when any of their entries is gone", [coexisting], ([all]) => {
    const found = elementsIn(listed(all))
    const index = indexOf(found)
    for (const { element, owner } of all) {
      assert.deepStrictEqual(judge(element, index), { _tag: "Present", owner })
      const entries = encode(element)
      for (const entry of entries) {
        const without = indexOf(found.filter(({ key, set }) => set !== entry.set || key.join() !== entry.key.join()))
        assert.strictEqual(judge(element, without)._tag, entries.length === 1 ? "Absent" : "Different")
      }
    }
  })

  it.prop("that the generator makes are all valid", [coexisting], ([all]) => {
    for (const { element } of all) assert.isUndefined(objectionToElement(element))
  })
})
