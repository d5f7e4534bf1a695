import { Effect, Schedule } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { HostProbe, type ProcessId } from "../ops/HostProbe.ts"
import { Ledger, type Tx } from "./Ledger.ts"
import { severalWords } from "./severalWords.ts"

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

/** A lock that is held. */
export interface Held {
  /**
   * The transaction that ends the work under the lock, with a `release` for it to call: then the lock is free when it is
   * committed, and there is no need for another one.
   */
  readonly last: <A>(name: string, f: (tx: Tx, release: () => void) => A) => Effect.Effect<A, VmnetError>
}

/**
 * Runs `self` while no other fiber or process of this install holds `key`. The lock is a row naming its holder, so it
 * dies with the holder's process and `sqlite3` shows who holds what. Waiting can be interrupted where the caller can
 * be: undoing, which cannot, gets its lock. Releasing cannot be interrupted.
 */
export const withLock =
  (key: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | VmnetError, R | Ledger | HostProbe> =>
    withLockLooking(
      key,
      () => null,
      () => self
    )

/** The same, with a look at the ledger in the very transaction that takes the lock. */
export const withLockLooking = <Found, A, E, R>(
  key: string,
  look: (tx: Tx) => Found,
  self: (found: Found, held: Held) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | VmnetError, R | Ledger | HostProbe> =>
  Effect.gen(function* () {
    const mine = yield* hand([key])
    const acquire = Effect.flatMap(
      mine.take((tx, taken) => (taken.length === 0 ? undefined : { found: look(tx) })),
      (taken) => (taken === undefined ? Effect.fail(busy(key)) : Effect.succeed(taken.found))
    )
    return yield* holding(mine, acquire, self)
  })

/**
 * Several locks at once, for as many as are free: in one transaction, with a look at the ledger that is told which. It waits
 * for none of them while it holds another, so that no two can wait for each other.
 */
export const withFreeLocks = <Found, A, E, R>(
  keys: ReadonlyArray<string>,
  look: (tx: Tx, taken: ReadonlyArray<string>) => Found,
  self: (found: Found, held: Held) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | VmnetError, R | Ledger | HostProbe> =>
  Effect.flatMap(hand(keys), (mine) => holding(mine, mine.take(look), self))

const holding = <Found, A, E, R>(
  { last, release }: Pick<Hand, "last" | "release">,
  acquire: Effect.Effect<Found, VmnetError>,
  self: (found: Found, held: Held) => Effect.Effect<A, E, R>
): Effect.Effect<A, E | VmnetError, R> => {
  const isBusy = ({ code }: VmnetError): boolean => code === "BUSY"
  // Most locks are free, and a schedule is work to begin.
  const patiently = Effect.catchIf(acquire, isBusy, () => Effect.retry(acquire, { schedule: untilFree, while: isBusy }))
  // Also when it failed or was interrupted with the row written all the same: it must not outlive this attempt.
  return Effect.uninterruptibleMask((restore) =>
    Effect.onExit(
      Effect.flatMap(restore(patiently), (found) => restore(self(found, { last }))),
      () => Effect.ignore(release)
    )
  )
}

/**
 * Runs `self` under the lock if that is free, and `whenBusy` at once, with the pid of who has it (unless he has just let go),
 * if it is not: for whoever has other things to do than to wait.
 */
export const withLockIfFree =
  (key: string) =>
  <A, E, R, B, F, S>(
    self: Effect.Effect<A, E, R>,
    whenBusy: (pid: number | undefined) => Effect.Effect<B, F, S>
  ): Effect.Effect<A | B, E | F | VmnetError, R | S | Ledger | HostProbe> =>
    Effect.gen(function* () {
      const { holder, release, take } = yield* hand([key])
      const work = Effect.flatMap(
        take((_, taken) => taken.length > 0),
        (isTaken): Effect.Effect<A | B, E | F | VmnetError, R | S> =>
          isTaken ? self : Effect.flatMap(holder, whenBusy)
      )
      return yield* Effect.uninterruptibleMask((restore) => Effect.onExit(restore(work), () => Effect.ignore(release)))
    })

/**
 * One attempt at locks: taking those that nobody alive has, who has the first, and giving them back, which the last
 * transaction may have done.
 */
const hand = Effect.fnUntraced(function* (keys: ReadonlyArray<string>) {
  const ledger = yield* Ledger
  const probe = yield* HostProbe
  const token = `${instance}.${++tokens}`
  const words = severalWords(keys)
  const unlock = (tx: Tx) => {
    for (const key of keys) tx.run("DELETE FROM locks WHERE key = ? AND token = ?", key, token)
  }
  let isFree = false
  const last: Held["last"] = (name, f) =>
    Effect.suspend(() => {
      let released = false
      const ending = ledger.transact(name, (tx) =>
        f(tx, () => {
          unlock(tx)
          released = true
        })
      )
      return Effect.tap(ending, () => Effect.sync(() => void (isFree = released)))
    })
  return {
    last,
    take: <Found>(look: (tx: Tx, taken: ReadonlyArray<string>) => Found) =>
      Effect.suspend(() => {
        working.add(token)
        return ledger.transact(`lock ${words}`, (tx) =>
          look(
            tx,
            keys.filter((key) => takeLock(tx, key, token, probe))
          )
        )
      }),
    holder: ledger.transact(`look at lock ${words}`, (tx) => lockHolder(tx, keys[0]!, probe)),
    release: Effect.suspend(() => {
      working.delete(token)
      return isFree ? Effect.void : ledger.transact(`unlock ${words}`, unlock)
    })
  }
})

type Hand = Effect.Success<ReturnType<typeof hand>>

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

const busy = (key: string): VmnetError =>
  new VmnetError({
    code: "BUSY",
    detail: `${key} is being changed by another vmnet process`,
    hint: "Try again in a moment."
  })
