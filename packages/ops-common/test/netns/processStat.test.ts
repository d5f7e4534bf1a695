import { isProvenAbsent, parseProcessStat } from "@vmnet/ops-common"
import { assert, it } from "@effect/vitest"

const fields = "1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000000 200"
const stat = (comm: string, state: string): string => `42 (${comm}) ${state} ${fields}\n`

it("the start time is found whatever the program calls itself", () => {
  for (const comm of ["sh", "a b", "a) R 1 2 3", ") Z (", "))))", "x\ny"]) {
    assert.deepStrictEqual(parseProcessStat(stat(comm, "S")), { startTime: "987654", gone: false }, comm)
  }
})

it("a zombie and a dead process are gone", () => {
  for (const state of ["Z", "X", "x"]) assert.isTrue(parseProcessStat(stat("sh", state))?.gone, state)
  for (const state of ["R", "S", "D", "T", "t", "I"]) assert.isFalse(parseProcessStat(stat("sh", state))?.gone, state)
})

it("anything else is no process", () => {
  for (const text of ["", "42 (sh) S 1 2", "nonsense"]) assert.isUndefined(parseProcessStat(text), text)
})

const answering = (code: string) => () => {
  throw Object.assign(new Error(code), { code })
}

it("a process is only gone when the kernel says so: one that is hidden, or nobody may ask about, is there", () => {
  assert.isTrue(isProvenAbsent(42, answering("ESRCH")))
  for (const code of ["EPERM", "EINVAL", "EIO"]) assert.isFalse(isProvenAbsent(42, answering(code)), code)
  assert.isFalse(isProvenAbsent(process.pid))
})

it("what is no pid is no process, and the kernel is not asked, to whom it would be a group of them", () => {
  const asked: Array<number> = []
  for (const pid of [0, -1, -42, 1.5, Number.NaN])
    assert.isTrue(
      isProvenAbsent(pid, (one) => asked.push(one)),
      `${pid}`
    )
  assert.deepStrictEqual(asked, [])
})
