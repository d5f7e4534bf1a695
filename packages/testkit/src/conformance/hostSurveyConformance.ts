import { assert, layer } from "@effect/vitest"
import { HostProbe, hostNetns, HostSurvey, LinkOps, SysctlOps } from "@vmnet/core"
import { Effect, type Layer } from "effect"

const link = "vmtsurvey"
const prefix = "203.0.113.0/24"

const survey = HostSurvey.use(({ survey }) => survey({ stateDir: "/nonexistent/vmnet" }))

/** What was seen, or a failure of the test that says why it was not. */
const value = <A>(
  sight: { readonly _tag: "Seen"; readonly value: A } | { readonly _tag: "Unseen"; readonly why: string }
): A => {
  if (sight._tag === "Unseen") return assert.fail(sight.why)
  return sight.value
}

/** A bridge with an address, and so a route: gone with the scope. */
const routedBridge = Effect.gen(function* () {
  const links = yield* LinkOps
  yield* Effect.acquireRelease(
    Effect.orDie(
      links.apply(hostNetns, [
        { _tag: "AddBridge", link, mac: "02:fc:00:00:00:77", mtu: 1500 },
        { _tag: "AddAddress", link, address: "203.0.113.1/24" },
        { _tag: "SetUp", link }
      ])
    ),
    () => Effect.orDie(links.apply(hostNetns, [{ _tag: "DeleteLink", link }]))
  )
})

/** What every `HostSurvey` must do. Call it at the top of a test file; the layer is built once for all its tests. */
export const hostSurveyConformance = <E>(
  name: string,
  makeLayer: () => Layer.Layer<HostSurvey | HostProbe | LinkOps | SysctlOps, E>
): void => {
  layer(makeLayer(), { excludeTestServices: true })(`HostSurvey: ${name}`, (it) => {
    it.effect("is plain data, the same twice, and changes nothing", () =>
      Effect.gen(function* () {
        const links = yield* LinkOps
        const before = yield* links.snapshot(hostNetns)
        const { conntrack: _, neighbours: __, ...facts } = yield* survey
        const { conntrack: ___, neighbours: ____, ...again } = yield* survey
        assert.deepStrictEqual(again, facts)
        assert.deepStrictEqual(JSON.parse(JSON.stringify(facts)), facts)
        assert.deepStrictEqual(yield* links.snapshot(hostNetns), before)
      })
    )

    it.effect("tells the forwarding flags that the kernel has", () =>
      Effect.gen(function* () {
        const sysctls = yield* SysctlOps
        const key = ["net", "ipv4", "conf", "default", "forwarding"]
        const was = yield* sysctls.read(hostNetns, key)
        assert.strictEqual(value((yield* survey).forwarding).default, was)
        const other = was === "1" ? "0" : "1"
        yield* Effect.acquireRelease(sysctls.write(hostNetns, key, other), () =>
          Effect.orDie(sysctls.write(hostNetns, key, was ?? "0"))
        )
        assert.strictEqual(value((yield* survey).forwarding).default, other)
      })
    )

    it.effect("lists a route, and no longer when it is gone", () =>
      Effect.gen(function* () {
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* routedBridge
            assert.deepInclude(value((yield* survey).routing).routes, { destination: prefix, link })
          })
        )
        assert.notDeepInclude(value((yield* survey).routing).routes, { destination: prefix, link })
      })
    )

    it.effect("knows the rights of this process as HostProbe does", () =>
      Effect.gen(function* () {
        const { missingCapabilities } = yield* HostProbe
        assert.deepStrictEqual(value((yield* survey).process).missing, missingCapabilities)
      })
    )

    it.effect("a state directory that is not there is not there, and is not made", () =>
      Effect.gen(function* () {
        assert.isNull(value((yield* survey).stateDirectory))
        assert.isNull(value((yield* survey).stateDirectory))
      })
    )
  })
}
