import { assert, it } from "@effect/vitest"
import type { LeaseState, ProcessId } from "@vmnet/core"
import type { LeaseRecord } from "../../src/ledger/LeaseRow.ts"
import { judge } from "../../src/vmnet/gc/judge.ts"

const creator: ProcessId = { pid: 10, startTime: "1", bootId: "b" }
const owner: ProcessId = { pid: 20, startTime: "2", bootId: "b" }

const record = (state: LeaseState, owned: boolean): LeaseRecord =>
  ({ state, creator, request: owned ? { owner } : {} }) as unknown as LeaseRecord

const probe = (...running: ReadonlyArray<ProcessId>) => ({ alive: (one: ProcessId) => running.includes(one) })

it.each([
  // [state, has an owner, who runs, gone]
  ["active", false, [], false],
  ["active", false, [creator], false],
  ["active", true, [owner], false],
  ["active", true, [owner, creator], false],
  ["active", true, [creator], true],
  ["active", true, [], true],
  ["configuring", false, [creator], false],
  ["configuring", false, [], true],
  ["configuring", true, [owner], true],
  ["configuring", true, [owner, creator], false],
  ["configuring", true, [creator], true],
  ["releasing", false, [], true],
  ["releasing", true, [owner, creator], true],
  ["failed", false, [creator], true],
  ["failed", true, [owner], true]
] as const)("a lease that is %s (with an owner: %s) with %o running: gone is %s", (state, owned, running, gone) => {
  const verdict = judge(record(state, owned), probe(...running))
  assert.strictEqual(verdict.gone, gone, verdict.reason)
  assert.isNotEmpty(verdict.reason)
})
