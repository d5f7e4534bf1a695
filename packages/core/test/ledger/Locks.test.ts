import { assert, describe, it } from "@effect/vitest"
import { layerLedgerSqlite, Ledger, type ProcessId, withLock } from "@vmnet/core"
import { Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { startChild } from "./support/child.ts"
import { bootId, fakeProbe } from "./support/fakeProbe.ts"
import { procProbe } from "./support/procProbe.ts"
import { stateDirIn } from "./support/temporary.ts"

const script = (file: string): URL => new URL(`support/scripts/${file}`, import.meta.url)

const install = "0123abcd"
const me: ProcessId = { pid: 100, startTime: "1", bootId }
const other: ProcessId = { pid: 200, startTime: "7", bootId }

const host = (running: ReadonlyArray<ProcessId> = [], self = me) =>
  Layer.provideMerge(layerLedgerSqlite({ stateDir: stateDirIn(), install }), fakeProbe(self, running))

const lock = withLock("vm vm1")

const rows = Effect.flatMap(Ledger, (ledger) =>
  ledger.transact("look", (tx) => tx.all<{ key: string; pid: number }>("SELECT key, pid FROM locks ORDER BY key"))
)

const heldBy = (process: ProcessId) =>
  Effect.flatMap(Ledger, (ledger) =>
    ledger.transact("hold", (tx) =>
      tx.run(
        "INSERT INTO locks (key, token, pid, start, boot) VALUES ('vm vm1', 'theirs', ?, ?, ?)",
        process.pid,
        process.startTime,
        process.bootId
      )
    )
  )

/** A fiber that has the lock until `release`. */
const holding = Effect.gen(function* () {
  const [taken, release] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
  const hold = Effect.andThen(Deferred.succeed(taken, undefined), Deferred.await(release))
  const fiber = yield* Effect.forkChild(lock(hold))
  yield* Deferred.await(taken)
  return { fiber, release: Deferred.succeed(release, undefined) }
})

describe("a lock within a process", () => {
  it.live("is held by one fiber at a time, and by each in the end", () =>
    Effect.gen(function* () {
      const log: Array<string> = []
      const step = (name: number) =>
        lock(
          Effect.gen(function* () {
            log.push(`${name} in`)
            yield* Effect.sleep("1 millis")
            log.push(`${name} out`)
          })
        )
      yield* Effect.forEach(
        Array.from({ length: 12 }, (_, name) => name),
        step,
        { concurrency: "unbounded", discard: true }
      )
      assert.strictEqual(log.length, 24)
      for (let index = 0; index < 24; index += 2) {
        assert.strictEqual(log[index + 1], log[index]!.replace("in", "out"))
      }
      assert.deepStrictEqual(yield* rows, [])
    }).pipe(Effect.provide(host()))
  )

  it.live("of one key leaves another key alone", () =>
    Effect.gen(function* () {
      const held = yield* holding
      assert.strictEqual(yield* withLock("vm vm2")(Effect.succeed("free")), "free")
      yield* held.release
      yield* Fiber.join(held.fiber)
    }).pipe(Effect.provide(host()))
  )

  it.live("is freed when what it guards fails, dies or is interrupted", () =>
    Effect.gen(function* () {
      yield* Effect.exit(lock(Effect.fail("no")))
      yield* Effect.exit(lock(Effect.die("never")))
      const held = yield* holding
      assert.strictEqual((yield* rows).length, 1)
      yield* Fiber.interrupt(held.fiber)
      assert.deepStrictEqual(yield* rows, [])
      assert.strictEqual(yield* lock(Effect.succeed("mine")), "mine")
    }).pipe(Effect.provide(host()))
  )

  it.live("that is waited for can be given up, and the waiting leaves nothing behind", () =>
    Effect.gen(function* () {
      const held = yield* holding
      const waiting = yield* Effect.forkChild(lock(Effect.succeed("late")))
      yield* Effect.sleep("30 millis")
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.interrupt(waiting).pipe(Effect.andThen(Fiber.await(waiting)))))
      assert.strictEqual((yield* rows).length, 1)
      yield* held.release
      yield* Fiber.join(held.fiber)
      assert.deepStrictEqual(yield* rows, [])
    }).pipe(Effect.provide(host()))
  )

  it.live("is waited for to the end where the caller cannot be interrupted, as while undoing", () =>
    Effect.gen(function* () {
      const held = yield* holding
      const undone: Array<string> = []
      const undo = Effect.andThen(
        lock(Effect.sync(() => void undone.push("undone"))),
        Effect.sync(() => void undone.push("and on"))
      )
      const work = yield* Effect.forkChild(Effect.onInterrupt(Effect.never, () => Effect.orDie(undo)))
      yield* Effect.yieldNow
      const interrupted = yield* Effect.forkChild(Fiber.interrupt(work))
      yield* Effect.sleep("20 millis")
      assert.deepStrictEqual(undone, [])
      yield* held.release
      yield* Fiber.join(interrupted)
      assert.deepStrictEqual(undone, ["undone", "and on"])
    }).pipe(Effect.provide(host()))
  )

  it.effect("is waited for a minute at most, then it is BUSY, exit code 7, naming what is busy", () =>
    Effect.gen(function* () {
      yield* heldBy(other)
      const waiting = yield* Effect.forkChild(Effect.flip(lock(Effect.void)))
      yield* TestClock.adjust("55 seconds")
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("10 seconds")
      const error = yield* Fiber.join(waiting)
      assert.deepStrictEqual([error.code, error.exitCode], ["BUSY", 7])
      assert.strictEqual(error.message, "vm vm1 is being changed by another vmnet process")
      assert.deepStrictEqual(
        (yield* rows).map(({ pid }) => pid),
        [200]
      )
    }).pipe(Effect.provide(host([other])))
  )

  it.effect("whose release was lost is not waited for: its holder is known to have ended", () =>
    Effect.gen(function* () {
      const ledger = yield* Ledger
      const lossy: Ledger["Service"] = {
        ...ledger,
        transact: (name, f) => (name.startsWith("unlock") ? Effect.die("disk full") : ledger.transact(name, f))
      }
      yield* Effect.exit(Effect.provideService(lock(Effect.void), Ledger, lossy))
      assert.strictEqual((yield* rows).length, 1)
      assert.strictEqual(yield* lock(Effect.succeed("mine")), "mine")
      assert.deepStrictEqual(yield* rows, [])
    }).pipe(Effect.provide(host()))
  )
})

describe("a lock of another process", () => {
  it.effect.each([
    ["is gone", [] as ReadonlyArray<ProcessId>],
    ["is gone and its pid is another's", [{ ...other, startTime: "8" }]],
    ["was of an earlier boot", [{ ...other, bootId: "another-boot" }]]
  ] as const)("is taken over when its holder %s", ([, running]) =>
    Effect.gen(function* () {
      yield* heldBy(other)
      assert.strictEqual(yield* lock(Effect.succeed("mine")), "mine")
      assert.deepStrictEqual(yield* rows, [])
    }).pipe(Effect.provide(host(running)))
  )

  it.live("is taken over as soon as that process is killed, and not before", () =>
    Effect.gen(function* () {
      const stateDir = stateDirIn()
      const layer = Layer.provideMerge(layerLedgerSqlite({ stateDir, install }), procProbe)
      const child = startChild(script("holdLock.ts"), stateDir, "vm vm1")
      assert.strictEqual(yield* Effect.promise(child.next), "held")
      const mine = yield* Effect.forkChild(Effect.provide(lock(Effect.succeed("mine")), layer))
      yield* Effect.sleep("150 millis")
      assert.isUndefined(mine.pollUnsafe())
      yield* Effect.promise(child.kill)
      assert.strictEqual(yield* Fiber.join(mine), "mine")
    })
  )
})
