import type { Tx } from "../ledger/Ledger.ts"
import type { HostProbe } from "../ops/HostProbe.ts"
import { hostNetns } from "../ops/Netns.ts"

/** One install's word, in the register of a host, that it holds a share in a network namespace. */
export interface HeldRow {
  readonly share: string
  readonly install: string
  readonly state_dir: string
  /** What the install had found of each parameter; JSON. */
  readonly memos: string
}

/** Held in the register by whoever takes or gives back parameters of the host. */
export const hostLock = "host parameters"

/** One register serves every namespace that sees its directory. */
export const registeredNamespace = (probe: HostProbe["Service"]): string => probe.namespace(hostNetns) ?? "host"

export const heldRows = (tx: Tx, namespace: string): ReadonlyArray<HeldRow> =>
  tx.all<HeldRow>("SELECT share, install, state_dir, memos FROM held WHERE namespace = ? ORDER BY install", namespace)
