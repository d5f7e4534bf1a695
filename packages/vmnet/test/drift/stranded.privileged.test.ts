import { assert, describe, it } from "@effect/vitest"
import { HostSnapshot } from "@vmnet/testkit"
import { Effect } from "effect"
import type { AttachedVm, UpOptions, Vmnet } from "vmnet"
import { anOwner } from "./owner.ts"
import { drift, onPrivateHost, repair, sh, vmnetOf } from "./realHost.ts"

/** What a VMM has got hold of, and how it is taken away from under it. */
interface Case {
  readonly up: UpOptions
  readonly holds: (vm: AttachedVm) => string
  readonly taken: (vm: AttachedVm) => string
  readonly kind: string
  readonly reason: string
}

const held = "has the former one open still and would never see a new one"
const lived = "lives in the former one still and would never see a new one"

const tap = (backend: "bridge" | "tap"): Case => ({
  up: { vm: "vm1", backend, publish: "8080:80" },
  holds: ({ device }) => `tap ${device.name}`,
  taken: ({ device }) => `ip link del ${device.name}`,
  kind: "Tap",
  reason: held
})

const slot: Case = {
  up: { vm: "vm1", backend: "netns", publish: "8080:80" },
  holds: ({ device }) => `netns ${device.netns}`,
  taken: ({ device }) => `ip netns delete ${device.netns!.split("/").at(-1)}`,
  kind: "Netns",
  reason: lived
}

const kinds = (of: ReadonlyArray<{ readonly kind: string }>) => of.map(({ kind }) => kind)

/** Nothing but what it says, as often as it is asked. */
const isLeft = Effect.fnUntraced(function* (vmnet: Vmnet, pid: number, { kind, reason }: Case) {
  const before = yield* HostSnapshot.take()
  for (let asked = 0; asked < 2; asked++) {
    const actions = yield* repair(vmnet)
    assert.deepStrictEqual(kinds(actions), [kind], JSON.stringify(actions))
    assert.deepStrictEqual(
      actions.map(({ action, reason }) => [action, reason]),
      [
        [
          "left",
          `process ${pid}, the VM's owner, ${reason}: end it and bring the VM up again with vmnet up vm1, or take it down with vmnet down vm1`
        ]
      ]
    )
  }
  assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
})

const isTold = (one: Case) =>
  Effect.gen(function* () {
    const vmnet = yield* vmnetOf()
    const owner = yield* anOwner
    const vm = yield* Effect.acquireRelease(
      Effect.promise(() => vmnet.up({ ...one.up, ownerPid: owner.pid })),
      () => Effect.promise(() => vmnet.down("vm1", { wait: true }))
    )
    yield* owner.tell(one.holds(vm))
    assert.deepStrictEqual(yield* drift(vmnet), [])
    yield* sh(one.taken(vm))
    assert.include(kinds(yield* drift(vmnet)), one.kind)
    yield* isLeft(vmnet, owner.pid, one)
    yield* owner.end
    assert.deepStrictEqual(
      (yield* repair(vmnet)).map(({ action, reason }) => [action, reason]),
      [["left", "its owner has ended: vmnet gc takes it down"]]
    )
    yield* Effect.promise(() => vmnet.up(one.up))
    assert.deepStrictEqual(yield* drift(vmnet), [])
  }).pipe(Effect.scoped)

describe("under a VMM that runs on, repair makes nothing that it would never see", () => {
  it.live("a TAP on a bridge", () => onPrivateHost(isTold(tap("bridge"))))
  it.live("a TAP of its own", () => onPrivateHost(isTold(tap("tap"))))
  it.live("a namespace", () => onPrivateHost(isTold(slot)))
})
