import { Effect, Layer, Schedule } from "effect"
import { VmnetError } from "../errors/VmnetError.ts"
import { HostProbe } from "../ops/HostProbe.ts"
import { Ledger, type Tx } from "./Ledger.ts"
import { isDamaged, isUnwritable, ledgerError } from "./ledgerErrors.ts"
import { atOneMoment, fileAt, inTransaction, ledgerFile, openDatabase, type OpenLedger } from "./openDatabase.ts"
import {
  claimNamespace,
  finishRebuild,
  isRebuildDue,
  judgeFile,
  prepare,
  type Preparing,
  preparingOf
} from "./prepare.ts"
import { examineFile } from "./examine.ts"
import { attemptOn, setFilesAside } from "./setAside.ts"
import { standIn } from "./standIn.ts"

const busyTimeout = 10_000

/** A look at the kernel for what is ours there, and how to record it in a ledger that knows nothing yet. */
export type Rebuild = Effect.Effect<(tx: Tx) => void, VmnetError>

export interface LedgerOptions {
  readonly stateDir: string
  readonly install: string
  /** How long a transaction waits for another process's, in milliseconds; 10 000 if absent. */
  readonly busyTimeout?: number
  /** What a new ledger begins with; nothing if absent. */
  readonly rebuild?: Rebuild
  /** The network namespace that the record is to be about (`HostProbe.namespace`); of any if absent. */
  readonly netns?: string
}

/**
 * The ledger in `<stateDir>/ledger.db`: SQLite in WAL mode, one connection for the life of the layer. A ledger that is
 * damaged or cannot be written does not keep the layer from being made: each transaction tries to open it, and fails with
 * what is wrong.
 */
export const layerLedgerSqlite = (options: LedgerOptions): Layer.Layer<Ledger, VmnetError, HostProbe> =>
  Layer.effect(
    Ledger,
    Effect.gen(function* () {
      const { bootId } = (yield* HostProbe).self
      const connection = yield* Effect.acquireRelease(
        Effect.sync(() => new Connection(options, bootId)),
        (connection) => Effect.sync(() => connection.close())
      )
      yield* Effect.catchIf(
        connection.ensure(`open the ledger in ${options.stateDir}`),
        (error) => isDamaged(error) || isUnwritable(error),
        () => Effect.void
      )
      const { install, stateDir } = options
      return Ledger.of({
        install,
        stateDir,
        transact: (name, f) => connection.run(name, "COMMIT", f),
        rehearse: (name, f) => connection.run(name, "ROLLBACK", f),
        recovery: {
          standIn: standIn({ ...options, bootId }),
          examine: attemptOn(stateDir, "examine the ledger", () => examineFile(stateDir)),
          setAside: Effect.suspend(() => {
            connection.close()
            return setFilesAside(stateDir)
          })
        }
      })
    })
  )

/** One connection, opened when it is needed and again after what has made it useless. */
class Connection {
  readonly #options: LedgerOptions
  readonly #preparing: Preparing
  #open: OpenLedger | undefined

  constructor(options: LedgerOptions, bootId: string) {
    this.#options = options
    this.#preparing = preparingOf(options, bootId)
  }

  close(): void {
    const open = this.#open
    this.#open = undefined
    try {
      open?.database.close()
    } catch {
      // A connection that cannot even be closed is of no further use; the file is as SQLite has left it.
    }
  }

  run<A>(name: string, end: "COMMIT" | "ROLLBACK", f: (tx: Tx) => A): Effect.Effect<A, VmnetError> {
    const work = this.#attempt(name, () => {
      const { database, tx } = this.#current()
      return inTransaction(database, end, () => {
        claimNamespace(tx, this.#preparing)
        return f(tx)
      })
    })
    return Effect.suspend(() => (this.#open === undefined ? Effect.andThen(this.ensure(name), work) : work))
  }

  /** SQLite does not wait while another process makes the file (the change to WAL needs it alone): this does. */
  ensure(name: string): Effect.Effect<void, VmnetError> {
    const wait = this.#options.busyTimeout ?? busyTimeout
    return Effect.suspend(() => {
      if (this.#open !== undefined) return Effect.void
      const opened = this.#attempt(name, () => this.#openAndPrepare()).pipe(
        Effect.retry({
          schedule: Schedule.spaced("5 millis").pipe(Schedule.upTo({ duration: wait })),
          while: (error) => error.code === "BUSY"
        })
      )
      return Effect.flatMap(opened, (open) => this.#filled(name, open))
    })
  }

  /** Reads before it writes: a ledger with nothing to be done to it is opened without a transaction that writes. */
  #openAndPrepare(): OpenLedger {
    const { stateDir } = this.#options
    const open = openDatabase(stateDir, this.#options.busyTimeout ?? busyTimeout)
    try {
      const { database, tx } = open
      if (atOneMoment(database, () => judgeFile(tx, this.#preparing)) === "toPrepare") {
        inTransaction(database, "COMMIT", () => prepare(tx, (sql) => database.exec(sql), this.#preparing))
      }
      return open
    } catch (cause) {
      open.database.close()
      throw cause
    }
  }

  /** Nobody uses a new ledger before what the kernel says is in it. */
  #filled(name: string, open: OpenLedger): Effect.Effect<void, VmnetError> {
    const { rebuild } = this.#options
    const { database, tx } = open
    const use = Effect.sync(() => void (this.#open = open))
    const work = Effect.gen({ self: this }, function* () {
      const isDue = yield* this.#attempt(name, () => isRebuildDue(tx))
      if (!isDue || rebuild === undefined) return
      const record = yield* Effect.catchIf(rebuild, isWithoutTools, () => Effect.succeed(undefined))
      // Looked for by the next command that can look.
      if (record === undefined) return
      yield* this.#attempt(name, () => inTransaction(database, "COMMIT", () => finishRebuild(tx, record)))
    })
    return Effect.andThen(work, use).pipe(Effect.onError(() => Effect.sync(() => database.close())))
  }

  /**
   * Whoever deletes or replaces the file leaves us with one that nobody else sees: what is recorded there is lost. The next
   * transaction opens what is there now.
   */
  #current(): OpenLedger {
    const open = this.#open
    if (open !== undefined && open.file === fileAt(ledgerFile(this.#options.stateDir))) return open
    this.close()
    throw new VmnetError({
      code: "BUSY",
      detail: `the ledger in ${this.#options.stateDir} was deleted or replaced meanwhile`,
      hint: "Try again."
    })
  }

  #attempt<A>(name: string, f: () => A): Effect.Effect<A, VmnetError> {
    return Effect.try({
      try: f,
      catch: (cause) => {
        const error = ledgerError(name, this.#options.stateDir, cause)
        if (isDamaged(error) || isUnwritable(error)) this.close()
        return error
      }
    })
  }
}

/** Without the programs, or on a kernel that lacks what they need, nothing can be seen, and nothing of a host changed. */
const isWithoutTools = ({ code }: VmnetError): boolean => code === "TOOL_MISSING" || code === "HOST_NOT_CAPABLE"
