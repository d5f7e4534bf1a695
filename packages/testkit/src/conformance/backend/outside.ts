import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { PrivateHost } from "../../host/PrivateHost.ts"
import type { ExchangeOptions, Place } from "../../host/Traffic.ts"

/** Milliseconds after which no answer is believed to be none. */
const silence = 400

/** The page that a place outside of all guests gets, or null. */
export const page = (from: Place, url: string, options: ExchangeOptions = {}) =>
  Effect.flatMap(PrivateHost, (host) =>
    Effect.match(host.http(from, url, options), { onSuccess: ({ seen }) => seen?.page ?? null, onFailure: () => null })
  )

/** The page of a UDP service. */
export const datagram = (from: Place, address: string, port: number, options: ExchangeOptions = {}) =>
  Effect.flatMap(PrivateHost, (host) =>
    Effect.match(host.udp(from, { address, port, message: "hi" }, options), {
      onSuccess: ({ seen }) => seen?.page ?? null,
      onFailure: () => null
    })
  )

export const closed = (from: Place, url: string) =>
  Effect.map(page(from, url, { timeout: silence }), (answer) => assert.isNull(answer, `${from} to ${url}`))

export const closedUdp = (from: Place, address: string, port: number) =>
  Effect.map(datagram(from, address, port, { timeout: silence }), (answer) =>
    assert.isNull(answer, `${from} to ${address}:${port}/udp`)
  )

/** Runs a program at a place; it has to succeed. */
export const runAt = Effect.fn("runAt")(function* (at: Place, argv: ReadonlyArray<string>) {
  const host = yield* PrivateHost
  const { exitCode, stdout, stderr } = yield* Effect.orDie(host.run(at, argv))
  assert.strictEqual(exitCode, 0, `${argv.join(" ")}: ${stderr}`)
  return stdout
})

/** What somebody else does to a place, undone with the scope. */
export const changing = (at: Place, change: string, undo: string) =>
  Effect.acquireRelease(runAt(at, change.split(" ")), () => runAt(at, undo.split(" ")))
