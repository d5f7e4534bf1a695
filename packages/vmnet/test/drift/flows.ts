import { assert } from "@effect/vitest"
import { connecting, listening, type Place, type Talk } from "@vmnet/testkit"
import { arrivals } from "@vmnet/testkit/conformance"
import { Effect, Schedule } from "effect"
import { sh } from "./realHost.ts"

/** An open TCP connection: a client somewhere, and the server that it speaks to. */
export interface Flow {
  readonly client: Talk
  readonly server: Talk
}

/** From a guest to the internet. */
export const outwards = Effect.fn("outwards")(function* (guest: Place) {
  const at = { protocol: "tcp", address: "203.0.113.10", port: 5001 } as const
  const server = yield* listening("internet", at)
  const client = yield* connecting(guest, at)
  assert.strictEqual(yield* client.next, "open")
  return { client, server } satisfies Flow
})

/** From the host's neighbour to a port of a guest that is published as 8080. */
export const inwards = Effect.fn("inwards")(function* (guest: Place) {
  const server = yield* listening(guest, { protocol: "tcp", address: "0.0.0.0", port: 80 })
  const client = yield* connecting("lan", { protocol: "tcp", address: "192.0.2.10", port: 8080 })
  assert.strictEqual(yield* client.next, "open")
  return { client, server } satisfies Flow
})

const says = Effect.fnUntraced(function* (from: Talk, to: Talk, text: string) {
  yield* from.send(text)
  assert.strictEqual(yield* to.next, `got ${text}`)
})

/** Everything that was said has been acknowledged: nothing is on its way any more, nor will be sent once more. */
const silent = (places: ReadonlyArray<Place>) =>
  Effect.gen(function* () {
    const queues = yield* Effect.forEach(places, (place) => sh("ss -tnH state established", place))
    // Recv-Q, then Send-Q: octets that nobody has acknowledged.
    return queues.every((text) => text.split("\n").every((line) => /^$|^\d+ +0 /.test(line)))
  }).pipe(Effect.repeat({ until: (isSilent) => isSilent, schedule: Schedule.spaced("5 millis") }))

/** Does something while nothing is on its way. */
export const betweenWords = <A, E, R>(places: ReadonlyArray<Place>, work: Effect.Effect<A, E, R>) =>
  Effect.andThen(silent(places), work)

/** Data goes both ways, in order, and nothing else has happened. */
export const isAlive = Effect.fnUntraced(function* ({ client, server }: Flow, words: string) {
  yield* says(client, server, `${words} 1`)
  yield* says(server, client, `${words} 2`)
  assert.deepStrictEqual([client.unread(), server.unread()], [[], []], words)
})

/** Talks all the time while `work` is done; what was said arrives, whatever was lost on the way. */
export const talkingWhile = Effect.fnUntraced(function* <A, E, R>(
  flows: ReadonlyArray<Flow>,
  words: string,
  work: Effect.Effect<A, E, R>
) {
  const ends = flows.flatMap(({ client, server }) => [
    { from: client, to: server },
    { from: server, to: client }
  ])
  let said = 0
  const talk = Effect.gen(function* () {
    for (; ; said++) {
      for (const { from } of ends) yield* from.send(`word ${said}`)
      yield* Effect.sleep("5 millis")
    }
  })
  // Words are on their way when it begins, and when it has ended: calls in this process leave nobody else a turn.
  const meanwhile = Effect.ensuring(Effect.delay(work, "20 millis"), Effect.sleep("20 millis"))
  const answer = yield* Effect.raceFirst(meanwhile, Effect.andThen(talk, Effect.never))
  for (const { from } of ends) yield* from.send("done")
  for (const { to } of ends) {
    for (let index = 0; ; index++) {
      const heard = yield* to.next
      if (heard === "got done") break
      assert.strictEqual(heard, `got word ${index}`, words)
    }
  }
  assert.isAbove(said, 0, words)
  return answer
})

/** How many times somebody has refused a packet of a connection. */
export const resets = Effect.fnUntraced(function* (places: ReadonlyArray<Place>) {
  const counts = yield* Effect.forEach(places, (place) => arrivals(place, "tcp flags & rst == rst"))
  return Effect.map(Effect.all(counts), (all) => all.reduce((sum, count) => sum + count, 0))
})
