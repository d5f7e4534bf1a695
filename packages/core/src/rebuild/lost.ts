import type { Tx } from "../ledger/Ledger.ts"
import { putMeta } from "../ledger/prepare.ts"

/** A parameter that vmnet may have changed: what it was before was in the record that is lost. */
export const putLost = (tx: Tx, key: string): void => putMeta(tx, "lost", key)

/** Which parameter nobody can put back any more, until the next boot. */
export const lostParameter = (tx: Tx): string | undefined =>
  tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'lost'")?.value

export const lostWords = (key: string): string =>
  `its value before vmnet was lost with the record and it is left at 1; if it was 0: sysctl -w ${key}=0`
