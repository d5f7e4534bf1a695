import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { PrivateHost } from "../../host/PrivateHost.ts"
import type { Place } from "../../host/Traffic.ts"
import { runAt } from "./outside.ts"

/**
 * Counts the packets that arrive at a namespace and match, whatever becomes of them there: nothing of a program's
 * waiting or a socket's state is in the answer. Gone with the scope, or with the namespace.
 */
export const arrivals = Effect.fn("arrivals")(function* (at: Place, match: string) {
  const host = yield* PrivateHost
  const [family, hook] = match.startsWith("arp ") ? ["arp", "input"] : ["inet", "prerouting"]
  const chain = `type filter hook ${hook} priority -500\n${match} counter`
  const stdin = `table ${family} witness {\nchain arrivals {\n${chain}\n}\n}\n`
  const load = Effect.flatMap(Effect.orDie(host.run(at, ["nft", "-f", "-"], { stdin })), ({ exitCode, stderr }) =>
    Effect.sync(() => assert.strictEqual(exitCode, 0, stderr))
  )
  yield* Effect.acquireRelease(load, () => Effect.ignore(host.run(at, ["nft", "delete", "table", family, "witness"])))
  return Effect.map(runAt(at, ["nft", "list", "table", family, "witness"]), (text) =>
    Number(/packets (\d+)/.exec(text)?.[1])
  )
})
