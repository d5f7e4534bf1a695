import { assert } from "@effect/vitest"
import { layerLedgerSqlite, Ledger } from "@vmnet/core"
import { HostProbeProc } from "@vmnet/ops-exec"
import { HostSnapshot } from "@vmnet/testkit"
import { leaseRows } from "@vmnet/testkit/conformance"
import { Effect, Layer } from "effect"
import { createVmnet } from "vmnet"
import { config, sizes } from "./networks.ts"

/** Where root's installs are unless told otherwise. */
const stateDir = "/run/vmnet"

const open = async (): Promise<void> => {
  await using vmnet = createVmnet({ config: { text: config } })
  await vmnet.status()
}

/** The empty record stays with the host: it is there before anything else is. */
export const openRecord = Effect.promise(open)

const layerRecord = (install: string) =>
  Layer.orDie(layerLedgerSqlite({ stateDir, install }).pipe(Layer.provide(HostProbeProc.layer)))

const empty = (rows: object): boolean =>
  Object.values(rows).every((one) => (one as ReadonlyArray<unknown>).length === 0)

/** Takes down what the processes have left, and looks whether anything stays on record: leases, holds, locks. */
export const allGone = Effect.fn("allGone")(function* (words: string) {
  const install = yield* Effect.promise(async () => {
    await using vmnet = createVmnet({ config: { text: config } })
    for (const { vm } of await vmnet.list()) await vmnet.down(vm, { wait: true })
    const { problems } = await vmnet.gc()
    assert.deepStrictEqual(problems, [], words)
    for (const network of Object.keys(sizes)) await vmnet.removeNetwork(network)
    return (await vmnet.status()).install
  })
  const ledger = Effect.gen(function* () {
    const rows = yield* leaseRows
    const locks = yield* Ledger.use((one) => one.rehearse("look at locks", (tx) => tx.all("SELECT * FROM locks")))
    return { ...rows, locks: locks.filter((row) => (row as { pid: number }).pid === process.pid) }
  })
  const rows = yield* Effect.orDie(Effect.provide(ledger, layerRecord(install)))
  assert.isTrue(empty(rows), `${words}: still on record: ${JSON.stringify(rows)}`)
})

/** SQLite's log and its index stay beside a ledger whose last user was killed, until the next one has used it. */
const isLog = (line: string): boolean => /^[+-] file \/run\/vmnet\/(host\/)?ledger\.db-(wal|shm)$/.test(line)

/** The host is what it was. */
export const assertUnchanged = Effect.fn("assertUnchanged")(function* (before: HostSnapshot, words: string) {
  const changes = HostSnapshot.diff(before, yield* HostSnapshot.take())
  assert.deepStrictEqual(
    changes.filter((line) => !isLog(line)),
    [],
    words
  )
})
