import { Effect } from "effect"
import { ipForwardKey } from "../forwarding/forwarding.ts"
import { Ledger, type Tx } from "../ledger/Ledger.ts"
import { putMeta } from "../ledger/prepare.ts"
import { hostNetns } from "../ops/Netns.ts"
import { formatSysctlKey, SysctlOps } from "../ops/SysctlOps.ts"

/** A parameter that vmnet may have changed: what it was before was in the record that is lost. */
export const putLost = (tx: Tx, key: string): void => putMeta(tx, "lost", key)

/** Somebody has set it since, or has been told often enough. */
export const forgetLost = (tx: Tx): void => tx.run("DELETE FROM meta WHERE key = 'lost'")

const lostParameter = (tx: Tx): string | undefined =>
  tx.get<{ value: string }>("SELECT value FROM meta WHERE key = 'lost'")?.value

/** What vmnet sets it to. */
const left = "1"

export const lostWords = (key: string): string =>
  `its value before vmnet was lost with the record and it is left at ${left}; if it was 0: sysctl -w ${key}=0`

/**
 * Which parameter nobody can put back any more, as long as it is as it was left. One that cannot be read may be so still.
 */
export const parameterLeft = Effect.gen(function* () {
  const { transact } = yield* Ledger
  const key = yield* transact("look up what was lost", lostParameter)
  if (key === undefined || key !== formatSysctlKey(ipForwardKey)) return key
  const now = yield* Effect.orElseSucceed((yield* SysctlOps).read(hostNetns, ipForwardKey), () => null)
  return now === null || now === left ? key : undefined
})
