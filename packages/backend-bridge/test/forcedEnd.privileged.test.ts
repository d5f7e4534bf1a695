import { assert } from "@effect/vitest"
import { HostSnapshot } from "@vmnet/testkit"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { shareHost, unchanged } from "./support/realHost.ts"
import { stoppingPrograms, type Stopping } from "./support/stopping.ts"
import { native } from "./support/subjects.ts"

/** The command as `pnpm build` leaves it. */
const program = native.vmnet
const patience = 180_000
const upArgv = ["up", "vm1", "-p", "8080:80", "--egress", "203.0.113.0/24:80", "--ops", "exec"]

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

const start = (argv: ReadonlyArray<string>) => {
  const child = spawn(program, argv, { stdio: ["ignore", "ignore", "pipe"] })
  let stderr = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const exit = once(child, "exit")
  const ended = Effect.promise(async (): Promise<Ended> => {
    const [code, signal] = (await exit) as [number | null, NodeJS.Signals | null]
    return { code, signal, stderr }
  })
  return { child, ended }
}

const runOk = Effect.fnUntraced(function* (...argv: ReadonlyArray<string>) {
  const { code, stderr } = yield* start(argv).ended
  assert.strictEqual(code, 0, stderr)
})

/** How many programs a whole `up` runs. */
const callsOf = Effect.fnUntraced(function* (stopping: Stopping) {
  stopping.stopAt(0)
  yield* runOk(...upArgv)
  const calls = stopping.calls()
  yield* runOk("down", "vm1")
  return calls
})

/** `up` as it stands in the middle of its `call`th program. */
const upStoppedAt = Effect.fnUntraced(function* (stopping: Stopping, call: number) {
  stopping.stopAt(call)
  const running = start(upArgv)
  yield* stopping.reached
  return running
})

/** For each program that `up` runs: what `end` does in the middle of it, and the host is as it was after `then`. */
const everywhere = Effect.fnUntraced(function* (
  end: (stopping: Stopping, call: number) => Effect.Effect<void>,
  ...then: ReadonlyArray<ReadonlyArray<string>>
) {
  yield* runOk("status")
  // The programs that can be stopped are mounted over the host's own.
  const stopping = yield* stoppingPrograms
  const before = yield* HostSnapshot.take()
  const calls = yield* callsOf(stopping)
  assert.isAtLeast(calls, 4)
  for (let call = 1; call <= calls; call++) {
    yield* end(stopping, call)
    stopping.stopAt(0)
    yield* Effect.forEach(then, (argv) => runOk(...argv))
    yield* unchanged(before)
  }
}, Effect.scoped)

shareHost()("in the middle of every program that up runs", (it) => {
  it.effect.each([{ signal: "SIGTERM", exitCode: 143 }] as const)(
    "$signal lets it end, takes everything back, and leaves no trace",
    ({ signal, exitCode }) =>
      everywhere((stopping, call) =>
        Effect.gen(function* () {
          const { child, ended } = yield* upStoppedAt(stopping, call)
          child.kill(signal)
          yield* stopping.goOn
          assert.strictEqual((yield* ended).code, exitCode)
        })
      ),
    patience
  )

  it.effect(
    "a second signal ends it at once, and down clears up what the first one could not",
    () =>
      everywhere(
        (stopping, call) =>
          Effect.gen(function* () {
            const { child, ended } = yield* upStoppedAt(stopping, call)
            child.kill("SIGINT")
            child.kill("SIGTERM")
            const { code, signal } = yield* ended
            assert.include([130, 143, "SIGINT", "SIGTERM"], code ?? signal)
            yield* stopping.goOn
          }),
        ["down", "vm1"]
      ),
    patience
  )
})
