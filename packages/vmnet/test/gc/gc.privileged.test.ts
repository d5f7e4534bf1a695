import { assert, layer } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { decoys, HostSnapshot } from "@vmnet/testkit"
import { unchanged } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { layerHost, layerReal, owner } from "./host.ts"
import { kinds, request } from "./memory.ts"

const gc = (dryRun: boolean) => Vmnet.use((vmnet) => vmnet.gc({ dryRun }))

layer(layerHost, { excludeTestServices: true, timeout: "60 seconds" })("gc among look-alikes of all kinds", (it) => {
  it.effect.each(kinds)(
    "takes all that a dead owner's VM of the %s backend had, and nothing else",
    (backend) =>
      Effect.gen(function* () {
        yield* decoys
        const owned = yield* owner
        yield* Vmnet.use((vmnet) => vmnet.list)
        const before = yield* HostSnapshot.take()
        yield* Vmnet.use((vmnet) => vmnet.up(request("dead", { backend }, owned.id)))
        const up = yield* HostSnapshot.take()
        assert.deepStrictEqual(
          (yield* gc(false)).actions.map(({ verdict }) => verdict),
          ["in-use"]
        )
        yield* unchanged(up)
        yield* owned.end
        const would = yield* gc(true)
        assert.isTrue(would.actions.every(({ action, verdict }) => action === "would-delete" && verdict === "owned"))
        const { actions, problems } = yield* gc(false)
        assert.deepStrictEqual(problems, [])
        assert.deepStrictEqual(
          actions.map(({ kind, name }) => `${kind} ${name}`),
          would.actions.map(({ kind, name }) => `${kind} ${name}`)
        )
        // The owner, who was there when it was taken, is not any more.
        const after = yield* HostSnapshot.take()
        assert.deepStrictEqual(
          HostSnapshot.diff(before, after).filter((line) => !line.includes(`${owned.id.pid}`)),
          []
        )
        assert.deepStrictEqual((yield* gc(false)).actions, [])
      }).pipe(Effect.provide(layerReal), Effect.scoped),
    60_000
  )
})
