import type { Tx } from "./Ledger.ts"

/** The next connection mark, 1 to 2^32-1, never the same twice in the life of a ledger short of four billion. */
export const nextMark = (tx: Tx): number => {
  const row = tx.get<{ value: string }>(
    `INSERT INTO meta (key, value) VALUES ('mark', '1')
     ON CONFLICT (key) DO UPDATE SET value = CASE WHEN CAST(value AS INTEGER) >= 4294967295 THEN '1'
       ELSE CAST(CAST(value AS INTEGER) + 1 AS TEXT) END
     RETURNING value`
  )
  return Number(row!.value)
}

/** How often a VM of this name has been brought up, this time included. */
export const nextGeneration = (tx: Tx, vm: string): number => {
  const row = tx.get<{ generation: number }>(
    `INSERT INTO generations (vm, generation) VALUES (?, 1)
     ON CONFLICT (vm) DO UPDATE SET generation = generation + 1 RETURNING generation`,
    vm
  )
  return row!.generation
}
