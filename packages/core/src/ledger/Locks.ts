import { Effect, Schedule } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { HostProbe, type ProcessId } from "../ops/HostProbe.ts"
import { Ledger, type Tx } from "./Ledger.ts"

/** How long to wait for a lock before giving up: longer than any verb may take. */
const patience = "60 seconds"

const untilFree = Schedule.min([Schedule.exponential("2 millis", 1.5), Schedule.spaced("25 millis")]).pipe(
  Schedule.jittered,
  Schedule.upTo({ duration: patience })
)

export interface HolderRow {
  readonly pid: number
  readonly start: string
  readonly boot: string
  readonly pidns: string | null
}

interface LockRow extends HolderRow {
  readonly token: string
}

export const holderColumns = "pid, start, boot, pidns"

/** Tells this copy of the module from every other, so that it only judges locks it has taken itself. */
const instance = globalThis.crypto.randomUUID()
let tokens = 0
/** The tokens whose work is going on: a row of ours without it is one whose deletion failed. */
const working = new Set<string>()

/**
 * Runs `self` while no other fiber or process of this install holds `key`. The lock is a row naming its holder, so it
 * dies with the holder's process and `sqlite3` shows who holds what. Waiting can be interrupted where the caller can
 * be: undoing, which cannot, gets its lock. Releasing cannot be interrupted.
 */
export const withLock =
  (key: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | VmnetError, R | Ledger | HostProbe> =>
    Effect.gen(function* () {
      const { release, take } = yield* hand(key)
      const acquire = take.pipe(
        Effect.flatMap((taken) => (taken ? Effect.void : Effect.fail(held(key)))),
        Effect.retry({ schedule: untilFree, while: (error) => error.code === "BUSY" })
      )
      // Also when it failed or was interrupted with the row written all the same: it must not outlive this attempt.
      return yield* Effect.uninterruptibleMask((restore) =>
        Effect.onExit(Effect.andThen(restore(acquire), restore(self)), () => Effect.ignore(release))
      )
    })

/**
 * Runs `self` under the lock if that is free, and `busy` at once, with the pid of who has it (unless he has just let go),
 * if it is not: for whoever has other things to do than to wait.
 */
export const withLockIfFree =
  (key: string) =>
  <A, E, R, B, F, S>(
    self: Effect.Effect<A, E, R>,
    busy: (pid: number | undefined) => Effect.Effect<B, F, S>
  ): Effect.Effect<A | B, E | F | VmnetError, R | S | Ledger | HostProbe> =>
    Effect.gen(function* () {
      const { holder, release, take } = yield* hand(key)
      const work = Effect.flatMap(take, (taken): Effect.Effect<A | B, E | F | VmnetError, R | S> =>
        taken ? self : Effect.flatMap(holder, busy)
      )
      return yield* Effect.uninterruptibleMask((restore) => Effect.onExit(restore(work), () => Effect.ignore(release)))
    })

/** One attempt at a lock: taking it (`false`: somebody alive has it), who that is, and giving it back. */
const hand = Effect.fnUntraced(function* (key: string) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const token = `${instance}.${++tokens}`
  return {
    take: Effect.suspend(() => {
      working.add(token)
      return ledger.transact(`lock ${key}`, (tx) => takeLock(tx, key, token, probe))
    }),
    holder: ledger.transact(`look at lock ${key}`, (tx) => lockHolder(tx, key, probe)),
    release: Effect.suspend(() => {
      working.delete(token)
      return ledger.transact(`unlock ${key}`, (tx) =>
        tx.run("DELETE FROM locks WHERE key = ? AND token = ?", key, token)
      )
    })
  }
})

/** The pid of whoever holds a lock, if he is alive. */
export const lockHolder = (tx: Tx, key: string, probe: HostProbe["Service"]): number | undefined => {
  const row = tx.get<LockRow>(`SELECT token, ${holderColumns} FROM locks WHERE key = ?`, key)
  return row !== undefined && isHeld(row, probe) ? row.pid : undefined
}

/** Takes the lock when it is free or its holder's process is gone; `false` when somebody alive has it. */
const takeLock = (tx: Tx, key: string, token: string, probe: HostProbe["Service"]): boolean => {
  const row = tx.get<LockRow>(`SELECT token, ${holderColumns} FROM locks WHERE key = ?`, key)
  if (row !== undefined && isHeld(row, probe)) return false
  const { pid, startTime, bootId, pidns = null } = probe.self
  tx.run(
    `INSERT OR REPLACE INTO locks (key, token, ${holderColumns}) VALUES (?, ?, ?, ?, ?, ?)`,
    key,
    token,
    pid,
    startTime,
    bootId,
    pidns
  )
  return true
}

const isHeld = (row: LockRow, probe: HostProbe["Service"]): boolean =>
  probe.alive(holderOf(row)) && (working.has(row.token) || !row.token.startsWith(instance))

/** The process that a row of locks names. */
export const holderOf = ({ pid, start, boot, pidns }: HolderRow): ProcessId => ({
  pid,
  startTime: start,
  bootId: boot,
  ...(pidns !== null && { pidns })
})

const held = (key: string): VmnetError =>
  new VmnetError({
    code: "BUSY",
    detail: `${key} is being changed by another vmnet process`,
    hint: "Try again in a moment."
  })
