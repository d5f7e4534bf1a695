import { assert, layer } from "@effect/vitest"
import { type HelperSpec, Helpers, HostProbe, LinkOps, type Netns, type PortForward, type ProcessId } from "@vmnet/core"
import { Effect, Layer } from "effect"

const install = "0a1b2c3d"
let count = 0

const subnet = { mtu: 1500, subnet: "10.0.2.0/24", guestAddress: "10.0.2.100", hostLoopback: false }
const slirp: HelperSpec = { helper: "slirp4netns", link: "slirp0", ...subnet }

const forward = (hostPort: number, count = 1): PortForward => ({
  protocol: "tcp",
  hostAddress: "127.0.0.1",
  hostPort,
  guestAddress: "10.0.2.100",
  guestPort: 80,
  count
})

const netnsOf = ({ pid, startTime }: ProcessId): Netns => ({ _tag: "Process", pid, startTime, user: true })

/** A VM of its own with a namespace, gone with the scope. */
const held = Effect.gen(function* () {
  const helpers = yield* Helpers
  const owner = `vmnet:${install}:conformance-${++count}:1`
  const holder = yield* Effect.acquireRelease(helpers.start(owner, { helper: "namespace" }), () =>
    Effect.ignore(helpers.stop({ owner, helper: "namespace" }))
  )
  return { owner, holder, key: { owner, helper: "namespace" } as const }
})

/** With slirp4netns on a TAP in it. */
const connected = Effect.gen(function* () {
  const helpers = yield* Helpers
  const links = yield* LinkOps
  const { holder, owner } = yield* held
  yield* links.apply(netnsOf(holder), [
    { _tag: "AddTap", link: "slirp0", mtu: 1500 },
    { _tag: "SetUp", link: "slirp0" }
  ])
  const key = { owner, helper: "slirp4netns" } as const
  const process = yield* Effect.acquireRelease(helpers.start(owner, slirp), () => Effect.ignore(helpers.stop(key)))
  return { holder, owner, key, process }
})

/** What every implementation of `Helpers` does. `end` kills a process as somebody else would, and waits for its end. */
export const helpersConformance = (
  name: string,
  make: () => Layer.Layer<Helpers | LinkOps | HostProbe, unknown>,
  end: (pid: number) => Effect.Effect<void>
): void => {
  layer(Layer.orDie(Layer.suspend(make)), { excludeTestServices: true })(`Helpers ${name}`, (it) => {
    it.effect("a helper is found from its start to its stop, and stopping leaves nothing", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const { alive } = yield* HostProbe
        const { holder, key } = yield* held
        assert.isTrue(alive(holder))
        assert.deepStrictEqual(yield* helpers.find(key), { _tag: "Running", process: holder })
        yield* helpers.stop(key)
        assert.isFalse(alive(holder))
        assert.deepStrictEqual(yield* helpers.find(key), { _tag: "Absent" })
        assert.strictEqual((yield* Effect.flip(helpers.stop(key))).reason, "Missing")
      })
    )

    it.effect("what was started is not started again", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const { holder, key, owner } = yield* held
        const again = yield* Effect.flip(helpers.start(owner, { helper: "namespace" }))
        assert.strictEqual(again.reason, "Exists")
        assert.deepStrictEqual(yield* helpers.find(key), { _tag: "Running", process: holder })
      })
    )

    it.effect("another generation's helper is not this one's", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const { holder, key, owner } = yield* held
        const other = { ...key, owner: `${owner}0` }
        assert.deepStrictEqual(yield* helpers.find(other), { _tag: "Absent" })
        assert.strictEqual((yield* Effect.flip(helpers.stop(other))).reason, "Missing")
        assert.deepStrictEqual(yield* helpers.find(key), { _tag: "Running", process: holder })
      })
    )

    it.effect("a helper that somebody killed has ended, until it is stopped", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const { key, process } = yield* connected
        yield* end(process.pid)
        assert.strictEqual((yield* helpers.find(key))._tag, "Ended")
        assert.deepStrictEqual(yield* helpers.forwards(key), [])
        const refused = yield* Effect.flip(helpers.forward(key, { _tag: "AddForward", forward: forward(20_800) }))
        assert.strictEqual(refused.reason, "Missing")
        yield* helpers.stop(key)
        assert.deepStrictEqual(yield* helpers.find(key), { _tag: "Absent" })
      })
    )

    it.effect("the helpers of an install are listed until they are stopped, those of another are not", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const { holder, owner } = yield* connected
        const { owner: other } = yield* held
        const names = (of: string, who: string) =>
          Effect.map(helpers.list(of), (keys) => keys.flatMap((key) => (key.owner === who ? [key.helper] : [])).sort())
        assert.deepStrictEqual(yield* names(install, owner), ["namespace", "slirp4netns"])
        assert.deepStrictEqual(yield* names(install, other), ["namespace"])
        assert.deepStrictEqual(yield* names("ffffffff", owner), [])
        yield* end(holder.pid)
        assert.deepStrictEqual(yield* names(install, owner), ["namespace", "slirp4netns"])
        for (const helper of ["slirp4netns", "namespace"] as const) yield* helpers.stop({ owner, helper })
        assert.deepStrictEqual(yield* names(install, owner), [])
        assert.deepStrictEqual(yield* names(install, other), ["namespace"])
      })
    )

    it.effect("a network without a namespace is not started, and leaves nothing", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const nobody = `vmnet:${install}:nobody:1`
        assert.strictEqual((yield* Effect.flip(helpers.start(nobody, slirp))).reason, "Missing")
        assert.deepStrictEqual(yield* helpers.find({ owner: nobody, helper: "slirp4netns" }), { _tag: "Absent" })
      })
    )

    it.effect("links are made in the held namespace, and are the host's in no way", () =>
      Effect.gen(function* () {
        const links = yield* LinkOps
        const { holder } = yield* connected
        const [inside] = yield* links.find(netnsOf(holder), ["slirp0"])
        const [outside] = yield* links.find({ _tag: "Host" }, ["slirp0"])
        assert.strictEqual(inside?.type, "tun")
        assert.isNull(outside)
      })
    )

    it.effect("ports are forwarded and not forwarded any more, ranges as a whole", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const { key } = yield* connected
        const range = forward(20_900, 3)
        yield* helpers.forward(key, { _tag: "AddForward", forward: range })
        const ports = (yield* helpers.forwards(key)).map(({ guestPort, hostPort }) => [hostPort, guestPort])
        assert.deepStrictEqual(ports, [
          [20_900, 80],
          [20_901, 81],
          [20_902, 82]
        ])
        yield* helpers.forward(key, { _tag: "DeleteForward", forward: range })
        assert.deepStrictEqual(yield* helpers.forwards(key), [])
        const again = yield* Effect.flip(helpers.forward(key, { _tag: "DeleteForward", forward: range }))
        assert.strictEqual(again.reason, "Missing")
      })
    )

    it.effect("of a range with a port that is taken nothing is forwarded", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const { key } = yield* connected
        const taken = forward(21_001)
        yield* helpers.forward(key, { _tag: "AddForward", forward: taken })
        const refused = yield* Effect.flip(helpers.forward(key, { _tag: "AddForward", forward: forward(21_000, 3) }))
        assert.strictEqual(refused.reason, "Exists")
        assert.deepStrictEqual(
          (yield* helpers.forwards(key)).map(({ hostPort }) => hostPort),
          [21_001]
        )
      })
    )

    it.effect("a namespace forwards nothing", () =>
      Effect.gen(function* () {
        const helpers = yield* Helpers
        const { key } = yield* held
        const refused = yield* Effect.flip(helpers.forward(key, { _tag: "AddForward", forward: forward(21_100) }))
        assert.strictEqual(refused.reason, "Unsupported")
      })
    )
  })
}
