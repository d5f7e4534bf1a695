import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, Vmnet } from "@vmnet/core"
import { Effect, Result } from "effect"
import { request } from "../support/world.ts"
import {
  assertPicture,
  downs,
  fleet,
  kinds,
  layerStuck,
  names,
  onWorld,
  outcome,
  picture,
  ups,
  withoutPids
} from "./support.ts"

/** One at a time, as ever. */
const singly = (requests: ReadonlyArray<AttachRequest>) =>
  onWorld((world) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const empty = yield* picture(world)
      const attachments = yield* Effect.forEach(requests, (one) => vmnet.up(one))
      return { empty, up: yield* picture(world), attachments: attachments.map(({ attachment }) => attachment) }
    })
  )

const mixed = kinds.flatMap((backend, index) => [
  request(`${backend}-a`, { backend, publish: [`${8100 + index}:80`] }),
  request(`${backend}-b`, { backend, egress: ["203.0.113.0/24:443"] })
])

const sets: ReadonlyArray<readonly [string, ReadonlyArray<AttachRequest>]> = [
  ...kinds.map((backend) => [backend, fleet(5, { backend }, 8080)] as const),
  ["all backends", mixed],
  ["a bridge that only the uplink forwards for", fleet(3, { config: "forwarding: per-interface" })]
]

describe("VMs that come up together", () => {
  for (const [name, requests] of sets) {
    it.live(`are what they are one by one, and go together (${name})`, () =>
      Effect.gen(function* () {
        const expected = yield* singly(requests)
        yield* onWorld((world) =>
          Effect.gen(function* () {
            const each = yield* ups(requests)
            assert.deepStrictEqual(
              each.map(outcome),
              names(requests).map(() => "ok")
            )
            const attachments = each.map(({ result }) => Result.getOrThrow(result).attachment)
            assert.deepStrictEqual(withoutPids(attachments), withoutPids(expected.attachments))
            yield* assertPicture(world, expected.up, "together")
            const gone = yield* downs(names(requests))
            assert.deepStrictEqual(
              gone.map(({ result }) => Result.getOrThrow(result)),
              names(requests).map((vm) => ({ vm, outcome: "removed" }))
            )
            yield* assertPicture(world, expected.empty, "down together")
          })
        )
      })
    )
  }

  it.live("answer for those that are up already, and leave them as they are", () =>
    onWorld((world) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const [a, b, c, d] = fleet(4, { backend: "tap" }) as [
          AttachRequest,
          AttachRequest,
          AttachRequest,
          AttachRequest
        ]
        const first = yield* vmnet.up(b)
        const conflicting = { ...c, egress: { _tag: "None" } } as const
        yield* vmnet.up(conflicting)
        const each = yield* ups([a, b, c, d])
        assert.deepStrictEqual(each.map(outcome), ["ok", "ok", "VM_CONFLICT", "ok"])
        assert.deepStrictEqual(Result.getOrThrow(each[1]!.result), { ...first, existing: true })
        assert.isFalse(Result.getOrThrow(each[0]!.result).existing)
        const before = yield* picture(world)
        assert.deepStrictEqual(
          (yield* ups([a, b, d])).map(({ result }) => Result.getOrThrow(result).existing),
          [true, true, true]
        )
        yield* assertPicture(world, before, "again")
      })
    )
  )

  it.live("come up without one that cannot", () =>
    onWorld((world) =>
      Effect.gen(function* () {
        world.kernel.host.bind({ protocol: "tcp", address: "0.0.0.0", port: 8081 })
        const requests = [
          ...fleet(3, { backend: "tap" }, 8080),
          request("again", { backend: "tap", publish: ["8082:80"] }),
          request("same", { backend: "tap", ip: "10.214.0.2" }),
          request("nowhere", { netns: "/run/netns/none" }),
          request("last", { backend: "netns" })
        ]
        const each = yield* ups(requests)
        const codes = ["ok", "PORT_IN_USE", "ok", "PORT_IN_USE", "ADDRESS_IN_USE", "BAD_INPUT", "ok"]
        assert.deepStrictEqual(each.map(outcome), codes)
        const vmnet = yield* Vmnet
        assert.deepStrictEqual(
          (yield* vmnet.list).map(({ vm }) => vm),
          ["last", "vm1", "vm3"]
        )
        assert.deepStrictEqual((yield* vmnet.check()).drift, [])
        const gone = yield* downs(["vm1", "vm2", "vm3", "last"])
        assert.deepStrictEqual(
          gone.map(({ result }) => Result.getOrThrow(result).outcome),
          ["removed", "absent", "removed", "removed"]
        )
      })
    )
  )

  it.live("pass over namespaces that somebody else has", () =>
    onWorld((world) =>
      Effect.gen(function* () {
        for (const name of ["vmnet-1", "vmnet-3"]) world.kernel.addNetns(`/run/netns/${name}`)
        const each = yield* ups(fleet(3, { backend: "netns" }))
        assert.deepStrictEqual(
          each.map(({ result }) => Result.getOrThrow(result).attachment.device.netns),
          ["/run/netns/vmnet-2", "/run/netns/vmnet-4", "/run/netns/vmnet-5"]
        )
      })
    )
  )

  it.live("are refused when one is named twice, and nothing is done", () =>
    onWorld((world) =>
      Effect.gen(function* () {
        const before = yield* picture(world)
        const error = yield* Effect.flip(ups([...fleet(2), request("vm1")]))
        assert.deepStrictEqual([error.code, error.message], ["BAD_INPUT", "vm1 is named twice"])
        yield* assertPicture(world, before, "refused")
      })
    )
  )

  it.live("that cannot all be removed keep no other one", () =>
    onWorld((world) =>
      Effect.gen(function* () {
        const requests = fleet(4, { backend: "tap" })
        const before = yield* picture(world)
        const [, , third] = yield* ups(requests)
        const { device } = Result.getOrThrow(third!.result).attachment
        const stuck = yield* Effect.provide(downs(names(requests)), layerStuck(world, device.name))
        assert.deepStrictEqual(stuck.map(outcome), ["ok", "ok", "STEP_FAILED", "ok"])
        const vmnet = yield* Vmnet
        assert.deepStrictEqual(
          (yield* vmnet.list).map(({ state, vm }) => [vm, state]),
          [["vm3", "failed"]]
        )
        const { problems } = yield* vmnet.show("vm3")
        assert.deepStrictEqual(problems, [`delete tap ${device.name}: delete ${device.name} failed (Failed): stuck`])
        assert.deepStrictEqual((yield* downs(["vm3", "vm1"])).map(outcome), ["ok", "ok"])
        yield* assertPicture(world, before, "in the end")
      })
    )
  )
})
