import { Context, type Effect, type Scope } from "effect"
import type { VmnetError } from "../errors/VmnetError.ts"

export type SqlValue = string | number | null

/** The statements of one open transaction. Rows come back as plain objects keyed by column. */
export interface Tx {
  readonly run: (sql: string, ...values: ReadonlyArray<SqlValue>) => void
  readonly get: <Row>(sql: string, ...values: ReadonlyArray<SqlValue>) => Row | undefined
  readonly all: <Row>(sql: string, ...values: ReadonlyArray<SqlValue>) => ReadonlyArray<Row>
}

/**
 * What vmnet remembers, shared by every process of an install.
 *
 * `transact` runs `f` in one write transaction and commits what it returns. `f` is synchronous and short (it holds the
 * only write lock); throwing rolls everything back, and a thrown `VmnetError` becomes the failure. `name` says in errors
 * what was being recorded. UNIQUE constraints of the tables, not checks, make double allocation impossible.
 */
export class Ledger extends Context.Service<
  Ledger,
  {
    /** Eight hexadecimal digits that mark this install's objects in the kernel. */
    readonly install: string
    readonly stateDir: string
    readonly transact: <A>(name: string, f: (tx: Tx) => A) => Effect.Effect<A, VmnetError>
    /** Runs `f` as `transact` does, gives its answer, and takes back everything it wrote. */
    readonly rehearse: <A>(name: string, f: (tx: Tx) => A) => Effect.Effect<A, VmnetError>
    /** What helps where `transact` fails for good; a ledger in memory has none. */
    readonly recovery?: LedgerRecovery
  }
>()("@vmnet/core/Ledger") {}

export interface LedgerRecovery {
  /**
   * A ledger in memory with what can be read of this one, or with what the kernel says where nothing can be. Its locks
   * keep nobody out: nobody can write to the real one, so nobody else is at work either.
   */
  readonly standIn: Effect.Effect<Ledger["Service"], VmnetError, Scope.Scope>
  /** Reads all of it, and fails with what `isDamaged` tells when it is not whole. */
  readonly examine: Effect.Effect<void, VmnetError>
  /**
   * Sets a damaged ledger's files aside and keeps them; the next transaction begins a new one. Gives their new place,
   * or nothing where another process has done so meanwhile.
   */
  readonly setAside: Effect.Effect<string | undefined, VmnetError>
}
