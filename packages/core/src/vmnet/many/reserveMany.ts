import { Effect, Result } from "effect"
import { reserve } from "../../allocator/reserve.ts"
import { VmnetError } from "../../errors/VmnetError.ts"
import { Ledger, type Tx } from "../../ledger/Ledger.ts"
import { severalWords } from "../../ledger/severalWords.ts"
import { avoidTaken } from "../avoidTaken.ts"
import { isFresh, isOurs } from "../attach.ts"
import { type Reserved, withAbsentShares } from "../reserved.ts"
import type { Prepared } from "./prepareMany.ts"

export type ReservedVm = Prepared & Reserved

/** How often a VM that keeps the others from being reserved is left out, or another name sought. */
const attempts = 8

/**
 * Reserves for all of them in one transaction. A VM that cannot have what it asks for is left out, and the others are
 * reserved without it; names that turn out to be somebody else's are avoided. Nothing has been made yet, so it costs little.
 */
export const reserveMany = Effect.fnUntraced(function* (prepared: ReadonlyArray<Prepared>) {
  const ledger = yield* Ledger
  const avoid = new Set<string>()
  let rest = prepared
  for (let attempt = 1; ; attempt++) {
    const tried: Tried = { refused: undefined }
    const words = `reserve ${severalWords(rest.map(({ request }) => request.vm))}`
    const result = yield* Effect.result(ledger.transact(words, (tx) => reserveEach(tx, rest, avoid, tried)))
    if (Result.isSuccess(result)) return result.success
    const { refused } = tried
    if (refused === undefined || attempt === attempts) return yield* result.failure
    if (isAnotherName(refused, result.failure, avoid)) yield* avoidTaken({ ...refused, avoid }, avoid)
    else rest = rest.filter((one) => one !== refused)
  }
})

interface Tried {
  /** Whom the reservation failed over. */
  refused: Prepared | undefined
}

const reserveEach = (tx: Tx, prepared: ReadonlyArray<Prepared>, avoid: ReadonlySet<string>, tried: Tried) => {
  tried.refused = undefined
  return prepared.map((one): ReservedVm => {
    try {
      return { ...one, ...withAbsentShares(tx, reserve(tx, { ...one.options, avoid })) }
    } catch (cause) {
      if (cause instanceof VmnetError) tried.refused = one
      throw cause
    }
  })
}

const isAnotherName = ({ backend, request }: Prepared, { code, details }: VmnetError, avoid: Set<string>): boolean => {
  const name = details?.["name"]
  return code === "NAME_TAKEN" && isOurs(backend, request, name) && isFresh(avoid, name)
}
