import { assert, it } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { seedOf } from "../support/dice.ts"
import { scriptsOf } from "./anyStep.ts"
import { checkHistory } from "./checkHistory.ts"
import { allGone, assertUnchanged, openRecord } from "./end.ts"
import type { History } from "./History.ts"
import { sizes } from "./networks.ts"
import { storm } from "./storm.ts"

const [processes, each, kills] = [32, 65, 10]

/** What a history is worth nothing without. */
const essential = ["made", "existing", "removed", "absent", "changed", "shown", "VM_CONFLICT", "VM_NOT_FOUND"].concat(
  ["PORT_IN_USE", "ADDRESS_IN_USE", "ADDRESS_EXHAUSTED", "POOL_EXHAUSTED", "NETWORK_IN_USE", "PUBLISH_NOT_FOUND"],
  ["listed", "collected", "warmed"]
)

const wordsOf = ({ events }: History) => new Set(events.flatMap(({ outcome }) => outcome?.word ?? []))

const again = (seed: number) =>
  `seed ${seed}; again, with another schedule: VMNET_SEED=${seed} vitest run --project privileged packages/vmnet/test/races/storm`

it.live(
  "32 processes do as they like with the same VMs, addresses, slots, ports and networks, and some are killed: one after the other could have done it",
  () =>
    Effect.gen(function* () {
      const seed = seedOf(Date.now() % 1_000_000)
      yield* openRecord
      const before = yield* HostSnapshot.take()
      const history = yield* Effect.scoped(storm({ seed, scripts: scriptsOf(seed, processes, each), kills }))
      const complaints = checkHistory(history, sizes)
      assert.deepStrictEqual(complaints, [], `${again(seed)}\n${complaints.join("\n")}`)
      assert.isAtLeast(history.events.length, 2000)
      yield* allGone(again(seed))
      yield* assertUnchanged(before, again(seed))
      assert.includeMembers([...wordsOf(history)], essential, again(seed))
    }).pipe(Effect.provide(Layer.orDie(PrivateHost.layer()))),
  600_000
)
