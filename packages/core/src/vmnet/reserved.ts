import type { Reservation } from "../allocator/reserve.ts"
import type { Tx } from "../ledger/Ledger.ts"
import { shareState } from "../ledger/ShareRow.ts"
import type { Share } from "../plan/Plan.ts"

/** A reservation, and which of its shares have to be made: those that are there stay, for the lease holds them now. */
export type Reserved = Reservation & {
  readonly absent: ReadonlyArray<{ readonly share: Share; readonly rank: number }>
}

export const withAbsentShares = (tx: Tx, reservation: Reservation): Reserved => ({
  ...reservation,
  absent: reservation.plan.shares
    .map((share, rank) => ({ share, rank }))
    .filter(({ share }) => shareState(tx, share.key) !== "present")
})
