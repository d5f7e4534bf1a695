import { assert, describe, it } from "@effect/vitest"
import { type Attachment, layerLedgerSqlite, Ledger } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { startChild } from "../../core/test/ledger/support/child.ts"
import { procProbe } from "../../core/test/ledger/support/procProbe.ts"
import { stateDirIn } from "../../core/test/ledger/support/temporary.ts"
import { install } from "./support/memoryHost.ts"

const script = new URL("support/scripts/takeLeases.ts", import.meta.url)
const config = "networks: { big: { subnet: 10.10.0.0/22 }, small: { subnet: 10.11.0.0/28 } }"

interface Taken {
  readonly network: string
  readonly attachment: Attachment
}

interface Refused {
  readonly network: string
  readonly code: string
  readonly exitCode: number
}

/** What every process got, all of them at once. */
const takenBy = async (stateDir: string, processes: number, big: number, small: number) => {
  const children = Array.from({ length: processes }, (_, name) =>
    startChild(script, stateDir, `${name}`, `${big}`, `${small}`, config)
  )
  await Promise.all(children.map((child) => child.next()))
  for (const child of children) child.say("go")
  const lines = (await Promise.all(children.map((child) => child.rest()))).flat()
  const answers: ReadonlyArray<Taken | Refused> = lines.map((line) => JSON.parse(line))
  const taken = answers.filter((answer) => "attachment" in answer)
  return { taken, refused: answers.filter((answer) => "code" in answer) }
}

const assertDistinct = (what: string, values: ReadonlyArray<unknown>) =>
  assert.strictEqual(new Set(values).size, values.length, what)

const lookAt = (stateDir: string) =>
  Ledger.use((ledger) =>
    ledger.transact("look", (tx) => ({
      rows: Object.fromEntries(
        ["leases", "addresses", "ports", "holds", "resources", "locks"].map((table) => [
          table,
          tx.get<{ count: number }>(`SELECT COUNT(*) AS count FROM ${table}`)!.count
        ])
      ),
      marks: tx
        .all<{ mark: number }>("SELECT json_extract(lease, '$.mark') AS mark FROM leases")
        .map(({ mark }) => mark),
      identifiers: tx.get<{ count: number }>("SELECT COUNT(*) AS count FROM identifiers WHERE vm NOT LIKE '@%'")!.count
    }))
  ).pipe(Effect.provide(layerLedgerSqlite({ stateDir, install }).pipe(Layer.provide(procProbe))))

describe("many processes on one ledger", () => {
  it.live(
    "get distinct addresses, devices, MACs and marks; of a small pool exactly as many get one as there are",
    () =>
      Effect.gen(function* () {
        const stateDir = stateDirIn()
        const { taken, refused } = yield* Effect.promise(() => takenBy(stateDir, 16, 20, 2))
        const big = taken.filter(({ network }) => network === "big").map(({ attachment }) => attachment)
        const small = taken.filter(({ network }) => network === "small").map(({ attachment }) => attachment)
        assert.strictEqual(big.length, 16 * 20)
        const all = [...big, ...small]
        assertDistinct(
          "addresses",
          all.map(({ guest }) => guest.address)
        )
        assertDistinct(
          "MACs",
          all.map(({ guest }) => guest.mac)
        )
        assertDistinct(
          "devices",
          all.map(({ device }) => device.name)
        )
        const pool = Array.from({ length: 13 }, (_, host) => `10.11.0.${host + 2}/28`)
        assert.sameMembers(
          small.map(({ guest }) => guest.address),
          pool
        )
        assert.strictEqual(refused.length, 16 * 2 - 13)
        for (const one of refused)
          assert.deepStrictEqual(one, { network: "small", code: "ADDRESS_EXHAUSTED", exitCode: 5 })
        const { identifiers, marks, rows } = yield* lookAt(stateDir)
        const leases = 16 * 20 + 13
        assert.deepStrictEqual(rows, {
          leases,
          addresses: leases,
          ports: 16 * 20,
          holds: leases,
          resources: leases,
          locks: 0
        })
        assert.strictEqual(identifiers, 2 * leases)
        assertDistinct("marks", marks)
      }),
    120_000
  )
})
