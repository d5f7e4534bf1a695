import { type Vitest, assert } from "@effect/vitest"
import { type NatChange, type NatElement, NatOps, type Netns } from "@vmnet/core"
import { Effect } from "effect"
import { comparableNat } from "../memory/ObservedNamespace.ts"
import type { KernelFixture } from "./KernelFixture.ts"
import { owner as ours } from "./natElements.ts"

export type NatTests = Vitest.MethodsNonLive<NatOps | KernelFixture>

export const addLayout: NatChange = { _tag: "AddLayout" }
export const deleteLayout: NatChange = { _tag: "DeleteLayout" }
export const add = (element: NatElement, owner = ours): NatChange => ({ _tag: "AddElement", element, owner })
export const remove = (element: NatElement): NatChange => ({ _tag: "DeleteElement", element })

/** What a firewall test asks of its namespace, in few words. */
export const natIn = Effect.fnUntraced(function* (netns: Netns) {
  const nat = yield* NatOps
  const apply = (...changes: ReadonlyArray<NatChange>) => nat.apply(netns, changes)
  const find = (...elements: ReadonlyArray<NatElement>) => nat.find(netns, elements)
  /** Under the element's key alone. */
  const one = (element: NatElement) => Effect.map(find(element), ([finding]) => finding!)
  const observe = Effect.map(nat.snapshot(netns), comparableNat)
  return { apply, find, one, observe }
})

/** The same elements with the same owners, in whatever order. */
export const assertElements = (
  actual: ReadonlyArray<{ readonly element: NatElement; readonly owner: string }>,
  expected: ReadonlyArray<NatElement>,
  owner = ours
): void => {
  const wanted = expected.map((element) => ({ element, owner }))
  assert.deepStrictEqual(
    comparableNat({ layout: "present", elements: actual }),
    comparableNat({ layout: "present", elements: wanted })
  )
}
