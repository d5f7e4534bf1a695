import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { createVmnet, VmnetError } from "vmnet"
import { rejection } from "./support/machine.ts"

const open = async (): Promise<void> => {
  await using vmnet = createVmnet()
  await vmnet.status()
}

/** The host's networking as promises, and a namespace to attach. */
const onHost = Effect.fn("onHost")(function* (work: (host: PrivateHost["Service"]) => Promise<void>) {
  const host = yield* PrivateHost
  yield* Effect.acquireRelease(host.run("host", ["ip", "netns", "add", "api"]), () =>
    Effect.orDie(host.run("host", ["ip", "netns", "delete", "api"]))
  )
  // The empty record stays with the host: it is there before anything else is.
  yield* Effect.promise(open)
  const before = yield* HostSnapshot.take()
  yield* Effect.promise(() => work(host))
  assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
})

const run = Effect.runPromise
const api = { vm: "api", netns: "/run/netns/api" } as const

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
  it.effect("a namespace has its network while its scope lasts, and the host is as before afterwards", () =>
    onHost(async (host) => {
      await using vmnet = createVmnet({ config: {} })
      await using vm = await vmnet.up({ ...api, publish: "8080:80" })
      assert.strictEqual((await run(host.http(api.netns, "http://203.0.113.10/"))).seen?.clientAddress, "192.0.2.10")
      await run(
        Effect.scoped(
          Effect.gen(function* () {
            yield* host.serve(api.netns, { port: 80, page: "api" })
            assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8080/")).seen?.page, "api")
            yield* Effect.promise(() => vm.unpublish("8080:80"))
            yield* Effect.flip(host.http("lan", "http://192.0.2.10:8080/", { timeout: 300 }))
            yield* Effect.promise(() => vm.publish("127.0.0.1:9001:80"))
            assert.strictEqual((yield* host.http("host", "http://127.0.0.1:9001/")).seen?.page, "api")
          })
        )
      )
    })
  )

  it.effect("an error in the scope, and a VM down before its end, leave the host as it was", () =>
    onHost(async () => {
      await using vmnet = createVmnet({ config: {} })
      const scope = async () => {
        await using _ = await vmnet.up(api)
        throw new Error("no VMM")
      }
      assert.match(String(await rejection(scope())), /no VMM/)
      await using vm = await vmnet.up(api)
      await vmnet.down(vm.vm)
    })
  )

  it.effect("up that is aborted while it works takes back all of it", () =>
    onHost(async () => {
      const steps: Array<string> = []
      const stop = new AbortController()
      await using vmnet = createVmnet({
        config: {},
        onProgress: ({ step }) => {
          steps.push(step)
          if (step.startsWith("create")) stop.abort(new Error("enough"))
        }
      })
      assert.match(String(await rejection(vmnet.up({ ...api, signal: stop.signal }))), /enough/)
      assert.isTrue(steps.some((step) => step.startsWith("create")))
      assert.deepStrictEqual(await vmnet.list(), [])
    })
  )

  it.effect("what the host refuses is told with its code", () =>
    onHost(async () => {
      await using vmnet = createVmnet({ config: { networks: { web: { subnet: "192.0.2.0/24" } } } })
      const error = await rejection(vmnet.up({ vm: "api", network: "web" }))
      assert.strictEqual((error as VmnetError).code, "SUBNET_OVERLAP")
      const nowhere = await rejection(vmnet.up({ vm: "api", netns: "/run/netns/nowhere" }))
      assert.instanceOf(nowhere, VmnetError)
    })
  )
})
