import { assert, it } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { emptyNetns, onPrivateHost, unchanged } from "./support/realHost.ts"
import { codeOf, type CommandOptions, vmnetCommand } from "./support/vmnetCommand.ts"

/** Milliseconds: for every step there is, four commands and two looks at the whole host. */
const patience = 180_000

// By programs: calls in the process are over before a signal comes.
const upArgv = ["up", "vm1", "-p", "8080:80", "-v", "--ops", "exec"]
const web = "http://203.0.113.10/"

const runOk = Effect.fn("runOk")(function* (...argv: ReadonlyArray<string>) {
  const ran = yield* vmnetCommand(argv)
  assert.strictEqual(ran.code, 0, ran.lines.join("\n"))
  return ran
})

/** Up to its end once: how many lines tell of steps. The last line is the summary, when it is all done. */
const countSteps = Effect.gen(function* () {
  const { lines } = yield* runOk(...upArgv)
  yield* runOk("down", "vm1")
  return lines.length - 1
})

/** The signal at one place of `up`, and everything is as it was; unless `up` was quicker, and then it is up. */
const interrupted = Effect.fn("interrupted")(function* (before: HostSnapshot, options: Required<CommandOptions>) {
  const { code, stdout, lines } = yield* vmnetCommand(upArgv, options)
  const at = `${options.signal} after line ${options.afterLine} (${lines[options.afterLine - 1] ?? "start"})`
  const isUp = code === 0
  if (isUp) assert.strictEqual(JSON.parse(stdout).state, "active", at)
  else assert.deepStrictEqual([code, stdout], [codeOf[options.signal], ""], `${at}\n${lines.join("\n")}`)
  if (isUp) yield* runOk("down", "vm1")
  const after = yield* HostSnapshot.take()
  assert.deepStrictEqual(HostSnapshot.diff(before, after), [], at)
  return isUp
})

/** At the start and at every step; after each the next `up` of the VM works as if nothing had been. */
const interruptEverywhere = Effect.fn("interruptEverywhere")(function* (signal: "SIGINT" | "SIGTERM") {
  const steps = yield* countSteps
  const before = yield* HostSnapshot.take()
  const tooLate: Array<number> = []
  for (let afterLine = 0; afterLine <= steps; afterLine++) {
    if (yield* interrupted(before, { signal, afterLine })) tooLate.push(afterLine)
    yield* runOk(...upArgv)
    yield* runOk("down", "vm1")
    yield* unchanged(before)
  }
  // Most steps take longer than it takes to tell of them: a signal that never stops anything proves nothing.
  assert.isBelow(tooLate.length, steps / 2, `up was over before the signal came, at ${tooLate}`)
  return steps
})

for (const signal of ["SIGTERM"] as const) {
  it.live(
    `${signal} at any step of the first up leaves no trace`,
    () =>
      onPrivateHost(
        Effect.gen(function* () {
          yield* runOk("status")
          assert.isAtLeast(yield* interruptEverywhere(signal), 9)
        })
      ),
    patience
  )
}

it.live(
  "SIGINT at any step of an up beside a live VM leaves no trace, and that VM never notices",
  () =>
    onPrivateHost(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const netns = yield* emptyNetns("other")
        yield* runOk("up", "other", "--netns", netns, "-p", "8081:80")
        yield* host.serve(netns, { port: 80, page: "other" })
        const answers = Effect.gen(function* () {
          assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8081/")).seen?.page, "other")
          assert.strictEqual((yield* host.http(netns, web)).seen?.page, "internet")
        })
        yield* answers
        assert.isAtLeast(yield* interruptEverywhere("SIGINT"), 4)
        yield* answers
        yield* runOk("down", "other")
      }).pipe(Effect.scoped)
    ),
  patience
)
