import { assert, describe, it } from "@effect/vitest"
import { parsePublish, type PublishSpec, publishOverlaps, VmnetError } from "@vmnet/core"
import { Arbitrary, Effect, Result, Schema } from "effect"
import { holdPorts, releasePorts } from "../../src/allocator/ports.ts"
import { freshLedger, inLedger } from "./support/memoryLedger.ts"

const spec = (text: string): PublishSpec => Result.getOrThrow(parsePublish(text))

/** Publishes `first` for `one`, then `second` for `two`: the refusal of the second, if it is refused. */
const collision = (first: string, second: string, two = "two") =>
  Effect.gen(function* () {
    yield* inLedger((tx) => holdPorts(tx, "one", spec(first)))
    return yield* Effect.result(inLedger((tx) => holdPorts(tx, two, spec(second))))
  }).pipe(Effect.provide(freshLedger()))

describe("published ports", () => {
  it.effect.each([
    ["8080:80", "8080:81", "host port 8080/tcp on 0.0.0.0 is published by one"],
    ["8080:80", "127.0.0.1:8080:80", "host port 8080/tcp on 0.0.0.0 is published by one"],
    ["127.0.0.1:8080:80", "8080:80", "host port 8080/tcp on 127.0.0.1 is published by one"],
    ["127.0.0.1:8080:80", "127.0.0.1:8080:80", "host port 8080/tcp on 127.0.0.1 is published by one"],
    ["8000-8099:80", "8099:80", "host port 8099/tcp on 0.0.0.0 is published by one"],
    ["8099:80", "192.0.2.1:8000-8099:80", "host port 8099/tcp on 0.0.0.0 is published by one"],
    ["53:53/udp", "50-60:50/udp", "host port 53/udp on 0.0.0.0 is published by one"]
  ] as const)("%s and %s collide, and the message names the holder", ([first, second, message]) =>
    Effect.gen(function* () {
      const error = Result.getOrThrow(Result.flip(yield* collision(first, second)))
      assert.instanceOf(error, VmnetError)
      assert.deepStrictEqual([error.code, error.exitCode, error.message], ["PORT_IN_USE", 4, message])
      assert.strictEqual(error.details?.["holder"], "one")
    })
  )

  it.effect.each([
    ["8080:80/tcp", "8080:80/udp"],
    ["127.0.0.1:8080:80", "127.0.0.2:8080:80"],
    ["8000-8098:80", "8099:80"],
    ["8081:80", "8080:80"]
  ] as const)("%s and %s do not collide", ([first, second]) =>
    Effect.map(collision(first, second), (result) => assert.isTrue(Result.isSuccess(result)))
  )

  it.effect("that a VM has itself collide as well, and the message says so", () =>
    Effect.gen(function* () {
      const error = Result.getOrThrow(Result.flip(yield* collision("8080:80", "8080:90", "one")))
      assert.strictEqual(error.message, "host port 8080/tcp on 0.0.0.0 is published by one already")
    })
  )

  it.effect("that are refused leave nothing of their range behind", () =>
    Effect.gen(function* () {
      yield* inLedger((tx) => holdPorts(tx, "one", spec("8003:80")))
      yield* Effect.flip(
        inLedger((tx) => {
          holdPorts(tx, "two", spec("9000-9003:80"))
          holdPorts(tx, "two", spec("8000-8010:80"))
        })
      )
      const left = yield* inLedger((tx) => tx.all<{ port: number }>("SELECT port FROM ports"))
      assert.deepStrictEqual(
        left.map(({ port }) => port),
        [8003]
      )
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("go back exactly as they were taken, and only their own VM's", () =>
    Effect.gen(function* () {
      const left = yield* inLedger((tx) => {
        holdPorts(tx, "one", spec("8000-8002:80"))
        holdPorts(tx, "one", spec("8000-8002:80/udp"))
        holdPorts(tx, "two", spec("127.0.0.1:9000:80"))
        releasePorts(tx, "one", spec("8000-8002:80"))
        releasePorts(tx, "one", spec("127.0.0.1:9000:80"))
        releasePorts(tx, "two", spec("9000:80"))
        return tx.all<{ protocol: string; port: number }>("SELECT protocol, port FROM ports ORDER BY 1, 2")
      })
      assert.deepStrictEqual(
        left.map(({ protocol, port }) => `${port}/${protocol}`),
        ["9000/tcp", "8000/udp", "8001/udp", "8002/udp"]
      )
    }).pipe(Effect.provide(freshLedger()))
  )

  const small = (minimum: number, maximum: number) =>
    Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum, maximum })))
  const anySpec = Arbitrary.map(
    Arbitrary.all([small(1, 12), small(1, 4), small(0, 2), small(0, 1)]),
    ([hostPort, count, host, protocol]): PublishSpec => ({
      protocol: protocol === 0 ? "tcp" : "udp",
      hostAddress: [null, "127.0.0.1", "192.0.2.1"][host]!,
      hostPort,
      guestPort: 80,
      count
    })
  )

  it.effect.prop(
    "collide in the ledger exactly where they overlap",
    [anySpec, anySpec],
    ([a, b]) =>
      Effect.gen(function* () {
        yield* inLedger((tx) => holdPorts(tx, "one", a))
        const second = yield* Effect.result(inLedger((tx) => holdPorts(tx, "two", b)))
        assert.strictEqual(Result.isFailure(second), publishOverlaps(a, b))
        yield* inLedger((tx) => tx.run("DELETE FROM ports"))
      }).pipe(Effect.provide(freshLedger())),
    { arbitrary: { runs: 60 } }
  )
})
