import { Effect } from "effect"
import { poolOf } from "../allocator/addressFor.ts"
import { stepError } from "../errors/stepError.ts"
import { LinkOps } from "../ops/LinkOps.ts"
import type { Asked } from "./prepare.ts"

/** How many names are looked up at once: another install has taken as many in a row, most likely. */
const lookAhead = 256

/**
 * Where one namespace's name turned out to be taken, its successors may be too. Looks those up that would come next, so
 * that a row of them costs one look and not an attempt each.
 */
export const avoidTaken = Effect.fnUntraced(function* (
  { backend, request: { network, vm } }: Asked,
  avoid: Set<string>
) {
  const { namespaces } = backend
  if (namespaces === undefined || avoid.size === 0) return
  const pool = poolOf(network)
  const positions = [...avoid].flatMap((name) => pool.indexOf(namespaces.addressOf(network, name) ?? "") ?? [])
  if (positions.length === 0) return
  const next = Math.max(...positions) + 1
  const names = Array.from({ length: lookAhead }, (_, index) => pool.nth(next + index)).flatMap((address) =>
    address === undefined ? [] : [namespaces.nameOf(network, address)]
  )
  const ops = yield* LinkOps
  const found = yield* Effect.mapError(ops.findNetns(names), (error) => stepError(vm, "look for free names", error))
  for (const [index, name] of names.entries()) if (found[index] !== null) avoid.add(name)
})
