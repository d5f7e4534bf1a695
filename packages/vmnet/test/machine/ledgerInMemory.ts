import { Ledger } from "@vmnet/core"
import { Effect, type Layer, type Scope } from "effect"

/** What the ledger in the file has, in memory; the file itself stays as it is. */
export const ledgerInMemory = (file: Layer.Layer<Ledger>): Effect.Effect<Ledger["Service"], never, Scope.Scope> =>
  Ledger.use(({ recovery }) => recovery!.standIn).pipe(Effect.provide(file), Effect.orDie)

type Row = Readonly<Record<string, string | number | null>>

/** Puts all that is in memory into the file. */
export const writeBack = Effect.fnUntraced(function* (memory: Ledger["Service"], file: Layer.Layer<Ledger>) {
  const tables = yield* memory.rehearse("read it all", (tx) => {
    const names = tx.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return names.map(({ name }) => ({ name, rows: tx.all<Row>(`SELECT * FROM "${name}"`) }))
  })
  const write = Ledger.use(({ transact }) =>
    transact("write it all", (tx) => {
      tx.run("PRAGMA defer_foreign_keys = ON")
      for (const { name } of tables) tx.run(`DELETE FROM "${name}"`)
      for (const { name, rows } of tables) {
        // What has followed from rows of others is among what is to be written.
        tx.run(`DELETE FROM "${name}"`)
        for (const row of rows) {
          const values = Object.values(row)
          tx.run(`INSERT INTO "${name}" VALUES (${values.map(() => "?").join(", ")})`, ...values)
        }
      }
    })
  )
  yield* Effect.provide(write, file)
}, Effect.orDie)
