import { Context, type Effect } from "effect"
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
  }
>()("@vmnet/core/Ledger") {}
