import { Effect, Schedule } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { HostProbe, type ProcessId } from "../ops/HostProbe.ts"
import { Ledger, type Tx } from "./Ledger.ts"

/** How long to wait for a lock before giving up: longer than any verb may take. */
const patience = "60 seconds"

interface LockRow {
  readonly token: string
  readonly pid: number
  readonly start: string
  readonly boot: string
}

let tokens = 0

/**
 * Runs `self` while no other fiber or process of this install holds `key`. The lock is a row naming its holder, so it
 * dies with the holder's process and `sqlite3` shows who holds what. Waiting can be interrupted, releasing cannot.
 */
export const withLock =
  (key: string) =>
  <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E | VmnetError, R | Ledger | HostProbe> =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const probe = yield* HostProbe
      const token = `${probe.self.pid}.${++tokens}`
      const acquire = ledger
        .transact(`lock ${key}`, (tx) => takeLock(tx, key, token, probe))
        .pipe(
          Effect.flatMap((taken) => (taken ? Effect.void : Effect.fail(held(key)))),
          Effect.retry({
            schedule: Schedule.min([Schedule.exponential("2 millis", 1.5), Schedule.spaced("25 millis")]).pipe(
              Schedule.jittered,
              Schedule.upTo({ duration: patience })
            ),
            while: (error) => error.code === "BUSY"
          })
        )
      const release = ledger.transact(`unlock ${key}`, (tx) =>
        tx.run("DELETE FROM locks WHERE key = ? AND token = ?", key, token)
      )
      // Failed or interrupted with the row written all the same: it must not outlive this attempt.
      const safely = Effect.onError(Effect.interruptible(acquire), () => Effect.ignore(release))
      return yield* Effect.acquireUseRelease(
        safely,
        () => self,
        () => Effect.ignore(release)
      )
    })

/** Takes the lock when it is free or its holder's process is gone; `false` when somebody alive has it. */
const takeLock = (tx: Tx, key: string, token: string, probe: HostProbe["Service"]): boolean => {
  const row = tx.get<LockRow>("SELECT token, pid, start, boot FROM locks WHERE key = ?", key)
  if (row !== undefined && probe.alive(holderOf(row))) return false
  const { pid, startTime, bootId } = probe.self
  tx.run(
    "INSERT OR REPLACE INTO locks (key, token, pid, start, boot) VALUES (?, ?, ?, ?, ?)",
    key,
    token,
    pid,
    startTime,
    bootId
  )
  return true
}

const holderOf = (row: LockRow): ProcessId => ({ pid: row.pid, startTime: row.start, bootId: row.boot })

const held = (key: string): VmnetError =>
  new VmnetError({
    code: "BUSY",
    detail: `${key} is being changed by another vmnet process`,
    hint: "Try again in a moment."
  })
