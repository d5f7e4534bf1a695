import type { Tx } from "./Ledger.ts"

/** The next connection mark, 1 to 2^32-1, never the same twice in the life of a ledger short of four billion. */
export const nextMark = (tx: Tx): number => {
  const last = Number(tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'mark'")?.value ?? 0)
  const mark = last >= 0xffff_ffff ? 1 : last + 1
  tx.run("INSERT OR REPLACE INTO meta (key, value) VALUES ('mark', ?)", String(mark))
  return mark
}

/** How often a VM of this name has been brought up, this time included. */
export const nextGeneration = (tx: Tx, vm: string): number => {
  tx.run(
    "INSERT INTO generations (vm, generation) VALUES (?, 1) ON CONFLICT (vm) DO UPDATE SET generation = generation + 1",
    vm
  )
  return tx.get<{ generation: number }>("SELECT generation FROM generations WHERE vm = ?", vm)!.generation
}
