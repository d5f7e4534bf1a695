import type { OwnedResource } from "../ledger/ResourceRow.ts"
import { batches, batchKey } from "../resource/Drivers.ts"

type Batch = ReadonlyArray<OwnedResource>

/**
 * The batches of several plans at once. Each plan stays in its order; in one round every plan has its next batch made, and
 * those of one family and namespace are one. So plans that are alike, as those of one backend are, need as many batches on
 * the host as one of them alone.
 */
export const rounds = (plans: ReadonlyArray<Batch>): ReadonlyArray<Batch> => {
  const each = plans.map(batches)
  const most = each.reduce((length, some) => Math.max(length, some.length), 0)
  const inOrder = Array.from({ length: most }, (_, round) =>
    together(each.flatMap((some) => some.slice(round, round + 1)))
  )
  return batches(inOrder.flat(2))
}

const together = (some: ReadonlyArray<Batch>): ReadonlyArray<Batch> => [...Map.groupBy(some.flat(), batchKey).values()]
