import { assert, layer } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { decoys, HostSnapshot, lookAlikes } from "@vmnet/testkit"
import { unchanged } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { layerHost, layerReal, owner } from "./host.ts"
import { kinds, request } from "./memory.ts"

const gc = (dryRun: boolean, forceHeuristic = false) => Vmnet.use((vmnet) => vmnet.gc({ dryRun, forceHeuristic }))

/** Of the decoys, what nobody uses and nobody has put his name on. */
const unused = [
  `Bridge ${lookAlikes.bridge}`,
  `Netns ${lookAlikes.netns}`,
  `Tap ${lookAlikes.tap}`,
  `Veth ${lookAlikes.veth}`
]

/** In the heuristic's own words, each of the others. */
const refused: Readonly<Record<string, string>> = {
  [lookAlikes.held]: "in use: a process has it open",
  [lookAlikes.tagged]: "not owned: it carries a tag that is not ours",
  [lookAlikes.used]: "in use: it has ports that stay",
  [lookAlikes.inhabited]: "in use: a process is in it",
  [lookAlikes.taggedNetns]: "not owned: it carries a tag that is not ours"
}

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

  it.effect.each([false, true])(
    "by heuristic takes exactly what has our names, no tag and no user (with a VM up: %s), and says so",
    (withVm) =>
      Effect.gen(function* () {
        const mine = yield* owner
        yield* Vmnet.use((vmnet) => vmnet.list)
        if (withVm) {
          for (const backend of ["bridge", "netns", "tap"]) {
            yield* Vmnet.use((vmnet) => vmnet.up(request(`live-${backend}`, { backend }, mine.id)))
          }
        }
        // Without decoys, and what the heuristic may not touch.
        const before = yield* HostSnapshot.take()
        assert.deepStrictEqual(
          (yield* gc(false, true)).actions.filter(({ action }) => action !== "skipped"),
          []
        )
        yield* unchanged(before)
        yield* Effect.gen(function* () {
          yield* decoys
          const decoyed = yield* HostSnapshot.take()
          assert.isFalse((yield* gc(false)).actions.some(({ action }) => action !== "skipped"))
          yield* unchanged(decoyed)
          const would = yield* gc(true, true)
          yield* unchanged(decoyed)
          const did = yield* gc(false, true)
          assert.deepStrictEqual(did.problems, [])
          const gone = did.actions.filter(({ action }) => action === "deleted")
          assert.deepStrictEqual(gone.map(({ kind, name }) => `${kind} ${name}`).toSorted(), unused)
          assert.isTrue(gone.every(({ reason }) => reason.includes("heuristic")))
          for (const [name, reason] of Object.entries(refused)) {
            assert.deepInclude(
              did.actions.find((one) => one.name === name),
              { action: "skipped", reason }
            )
          }
          assert.deepStrictEqual(
            would.actions.map(({ name, reason }) => [name, reason]),
            did.actions.map(({ name, reason }) => [name, reason])
          )
          const after = HostSnapshot.diff(decoyed, yield* HostSnapshot.take())
          const names = [...Object.values(unused).map((one) => one.split(" ")[1]!), "theirs"]
          assert.deepStrictEqual(
            after.filter((line) => !names.some((name) => line.includes(name))),
            []
          )
        }).pipe(Effect.scoped)
        for (const backend of ["bridge", "netns", "tap"]) yield* Vmnet.use((vmnet) => vmnet.down(`live-${backend}`))
      }).pipe(Effect.provide(layerReal), Effect.scoped),
    60_000
  )
})
