import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, resourceName, Vmnet } from "@vmnet/core"
import { assertSame } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { type Damage, damagesOf } from "./damage.ts"
import { box, onWorld, picture, request, type Row, rows, states, type World } from "./world.ts"

const kinds: Readonly<Record<string, () => AttachRequest>> = {
  "a TAP on a bridge": () => request("vm1", { backend: "bridge" }),
  "a veth into a container": () => request("vm1", { backend: "bridge" }, { target: box }),
  "an isolated port that may reach little": () => {
    const asked = request("vm1", { backend: "bridge", egress: ["203.0.113.0/24:443"] })
    return { ...asked, network: { ...asked.network, isolated: true } }
  },
  "a slot": () => request("vm1", { backend: "netns" }),
  "a TAP of its own": () => request("vm1", { backend: "tap" }),
  "a TAP on somebody's bridge": () => request("vm1", { network: "shared", publish: [] }),
  "a namespace without rights": () => request("vm1", { backend: "slirp" })
}

const start = (asked: AttachRequest) =>
  Vmnet.use((vmnet) => Effect.andThen(vmnet.up(asked), vmnet.resolvConf("vm1", "/srv/root")))

const words = ({ resource }: Row, damage: Damage): string =>
  `${resource.kind} ${resourceName(resource)} ${damage.words}`

const one = Effect.fnUntraced(function* (made: World, row: Row, damage: Damage) {
  const vmnet = yield* Vmnet
  const about = words(row, damage)
  assert.deepStrictEqual((yield* vmnet.check()).drift, [], about)
  const before = picture(made)
  yield* damage.do
  const damaged = picture(made)
  const { drift } = yield* vmnet.check()
  assertSame(picture(made), damaged, `${about}: check changes nothing`)
  const own = drift.filter(({ kind, name }) => kind === row.resource.kind && name === resourceName(row.resource))
  assert.isNotEmpty(own, `${about}: ${JSON.stringify(drift)}`)
  for (const item of own) assert.strictEqual(item.drift, damage.drift, `${about}: ${JSON.stringify(own)}`)
  const { actions } = yield* vmnet.repair()
  const left = actions.filter(({ action }) => action === "left")
  const isLeft = left.some(({ kind, name }) => kind === row.resource.kind && name === resourceName(row.resource))
  assert.strictEqual(isLeft, damage.stays === true, `${about}: ${JSON.stringify(actions)}`)
  for (const { state } of yield* states) assert.strictEqual(state, "present", about)
  if (damage.stays === true) return
  assert.deepStrictEqual(left, [], about)
  assertSame(picture(made), before, `${about}: repaired`)
  assert.deepStrictEqual((yield* vmnet.check()).drift, [], about)
  assert.deepStrictEqual((yield* vmnet.repair()).actions, [], `${about}: nothing is done twice`)
})

describe("check and repair", () => {
  for (const [name, asked] of Object.entries(kinds)) {
    it.effect(
      `of ${name}: each object, damaged in each way, is told of and put back as it was`,
      () =>
        Effect.gen(function* () {
          const count = yield* onWorld(() =>
            Effect.andThen(
              start(asked()),
              Effect.map(rows, (all) => all.length)
            )
          )
          let done = 0
          for (let index = 0; index < count; index++) {
            for (let way = 0; ; way++) {
              const damaged = yield* onWorld(
                Effect.fnUntraced(function* (made) {
                  yield* start(asked())
                  const row = (yield* rows)[index]!
                  const damage = damagesOf(made.kernel, row)[way]
                  if (damage === undefined) return false
                  yield* one(made, row, damage)
                  return true
                })
              )
              if (!damaged) break
              done++
            }
          }
          assert.isAbove(done, count, "most objects can be damaged in several ways")
        }),
      120_000
    )
  }
})
