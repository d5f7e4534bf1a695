import { assert } from "@effect/vitest"
import { HostSnapshot, type Place, PrivateHost } from "@vmnet/testkit"
import { Effect, type Scope } from "effect"
import { createVmnet } from "vmnet"

const open = async (): Promise<void> => {
  await using vmnet = createVmnet()
  await vmnet.status()
}

/** Where a program is that attaches namespaces called like their VMs, and asks from everywhere who answers. */
export interface Lab {
  readonly netnsOf: (name: string) => `/run/netns/${string}`
  /** The page of a web server, or null when nobody answers in time. */
  readonly page: (from: Place, url: string) => Promise<string | null>
  /** Who the internet's web server says it has seen. */
  readonly seenBy: (from: Place) => Promise<string | undefined>
  readonly serve: (name: string) => Promise<void>
  /** What a program prints. */
  readonly run: (at: Place, argv: ReadonlyArray<string>) => Promise<string>
}

const netnsOf = (name: string): `/run/netns/${string}` => `/run/netns/${name}`

/** A promise's work with namespaces of these names on a private host, which is the same afterwards. */
export const onHost = Effect.fn("onHost")(function* (names: ReadonlyArray<string>, work: (lab: Lab) => Promise<void>) {
  const host = yield* PrivateHost
  for (const name of names) {
    yield* Effect.acquireRelease(host.run("host", ["ip", "netns", "add", name]), () =>
      Effect.orDie(host.run("host", ["ip", "netns", "delete", name]))
    )
  }
  // The empty record stays with the host: it is there before anything else is.
  yield* Effect.promise(open)
  const before = yield* HostSnapshot.take()
  yield* Effect.scoped(
    Effect.gen(function* () {
      const run = Effect.runPromiseWith(yield* Effect.context<Scope.Scope>())
      yield* Effect.promise(() =>
        work({
          netnsOf,
          page: (from, url) =>
            run(host.http(from, url, { timeout: 500 })).then(
              ({ seen }) => seen?.page ?? null,
              () => null
            ),
          seenBy: async (from) => (await run(host.http(from, "http://203.0.113.10/"))).seen?.clientAddress,
          serve: (name) => run(host.serve(netnsOf(name), { port: 80, page: name })).then(() => {}),
          run: async (at, argv) => (await run(host.run(at, argv))).stdout
        })
      )
    })
  )
  assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
})
