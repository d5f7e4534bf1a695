import { assert } from "@effect/vitest"
import { HostSnapshot } from "@vmnet/testkit"
import { Effect } from "effect"
import { writeFileSync } from "node:fs"
import { shareHost } from "./support/realHost.ts"
import { calls, fileOf, standIns, strikeAt } from "./support/standIns.ts"
import { vmnetCommand } from "./support/vmnetCommand.ts"

/** Milliseconds. A hanging `ip` is given ten seconds, a hanging `nft` thirty. */
const patience = 180_000
const upArgv = ["up", "vm1", "-p", "8080:80", "--egress", "203.0.113.0/24:80", "--ops", "exec"]
const downArgv = ["down", "vm1", "--ops", "exec"]

const misbehave = (how: string, call: number): void => {
  writeFileSync(fileOf("how"), how)
  strikeAt(call)
}

const runOk = Effect.fnUntraced(function* (argv: ReadonlyArray<string>, words: string) {
  strikeAt(0)
  const { code, lines } = yield* vmnetCommand(argv)
  assert.strictEqual(code, 0, `${words}: ${argv.join(" ")}: ${lines.join("\n")}`)
})

const programsOf = Effect.fnUntraced(function* (argv: ReadonlyArray<string>) {
  yield* runOk(argv, "once")
  return calls()
})

const assertSame = Effect.fnUntraced(function* (before: HostSnapshot, words: string) {
  strikeAt(0)
  assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [], words)
})

/** Up although, or not at all; and what went wrong is told by its name. */
const upOrNothing = Effect.fnUntraced(function* (before: HostSnapshot, how: string, call: number, program: string) {
  misbehave(how, call)
  const { code, lines } = yield* vmnetCommand(upArgv)
  const words = `up, where ${how} strikes program ${call}, ${program}`
  if (code === 0) yield* runOk(downArgv, words)
  else assert.match(lines.join("\n"), /^vmnet: (vm1|nat|net\.bridge): (create|look|list) /m, words)
  yield* assertSame(before, words)
})

/** Down, or down the second time. */
const downInTheEnd = Effect.fnUntraced(function* (before: HostSnapshot, how: string, call: number, program: string) {
  const words = `down, where ${how} strikes program ${call}, ${program}`
  yield* runOk(upArgv, words)
  misbehave(how, call)
  const { code } = yield* vmnetCommand(downArgv)
  if (code !== 0) yield* runOk(downArgv, words)
  yield* assertSame(before, words)
})

const misbehaviours = ["fails-though-applied", "interrupted", "killed-though-applied", "garbage", "busy"] as const

/** Each program is struck by one of them, and by another one in each round. */
const misbehaviour = (round: number, index: number) => misbehaviours[(round + index) % misbehaviours.length]!

const prepared = Effect.gen(function* () {
  // The state directory is there before and after.
  yield* vmnetCommand(["status"])
  yield* standIns("misbehaving.sh")
  const before = yield* HostSnapshot.take()
  const ups = yield* programsOf(upArgv)
  const downs = yield* programsOf(downArgv)
  assert.isAtLeast(Math.min(ups.length, downs.length), 3)
  return { before, ups, downs }
})

shareHost()("whatever one of the programs does that vmnet runs", (it) => {
  it.effect.each([0])(
    "up is up or nothing, and down is down (round %i)",
    (round) =>
      Effect.gen(function* () {
        const { before, downs, ups } = yield* prepared
        for (const [index, program] of ups.entries()) {
          yield* upOrNothing(before, misbehaviour(round, index), index + 1, program)
        }
        for (const [index, program] of downs.entries()) {
          yield* downInTheEnd(before, misbehaviour(round, index), index + 1, program)
        }
      }).pipe(Effect.scoped),
    patience
  )

  it.effect(
    "and where it never ends it is ended, and what it was about is taken back",
    () =>
      Effect.gen(function* () {
        const { before, ups } = yield* prepared
        const batch = ups.findIndex((line) => line.includes("-j -batch"))
        assert.isAtLeast(batch, 0, ups.join("\n"))
        yield* upOrNothing(before, "hangs-though-applied", batch + 1, ups[batch]!)
        yield* downInTheEnd(before, "hangs", 1, "the first")
      }).pipe(Effect.scoped),
    patience
  )
})
