import { assert, layer } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Layer } from "effect"
import { createVmnet, VmnetError } from "vmnet"
import { ptpBackend } from "../examples/ptp.ts"
import { rejection } from "./support/machine.ts"
import { onHost } from "./support/onHost.ts"

const published = "http://192.0.2.10:8080/"

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
  it.effect("a namespace has its network while its scope lasts, and the host is as before afterwards", () =>
    onHost(["api"], async ({ netnsOf, page, seenBy, serve }) => {
      const netns = netnsOf("api")
      await using vmnet = createVmnet({ config: {} })
      await using vm = await vmnet.up({ vm: "api", netns, publish: "8080:80" })
      assert.strictEqual(await seenBy(netns), "192.0.2.10")
      await serve("api")
      assert.strictEqual(await page("lan", published), "api")
      await vm.unpublish("8080:80")
      assert.strictEqual(await page("lan", published), null)
      await vm.publish("127.0.0.1:9001:80")
      assert.strictEqual(await page("host", "http://127.0.0.1:9001/"), "api")
    })
  )

  it.effect("an error in the scope, and a VM down before its end, leave the host as it was", () =>
    onHost(["api"], async ({ netnsOf }) => {
      const request = { vm: "api", netns: netnsOf("api") }
      await using vmnet = createVmnet({ config: {} })
      const scope = async () => {
        await using _ = await vmnet.up(request)
        throw new Error("no VMM")
      }
      assert.match(String(await rejection(scope())), /no VMM/)
      await using vm = await vmnet.up(request)
      await vmnet.down(vm.vm, { wait: true })
    })
  )

  it.effect("up that is aborted while it works takes back all of it", () =>
    onHost(["api"], async ({ netnsOf }) => {
      const stop = new AbortController()
      await using vmnet = createVmnet({
        config: {},
        onProgress: ({ step }) => step.startsWith("create") && stop.abort(new Error("enough"))
      })
      const up = vmnet.up({ vm: "api", netns: netnsOf("api"), signal: stop.signal })
      assert.match(String(await rejection(up)), /enough/)
      assert.deepStrictEqual(await vmnet.list(), [])
    })
  )

  it.effect("what the host refuses is told with its code", () =>
    onHost([], async () => {
      await using vmnet = createVmnet({ config: { networks: { web: { subnet: "192.0.2.0/24" } } } })
      const error = await rejection(vmnet.up({ vm: "api", network: "web" }))
      assert.strictEqual((error as VmnetError).code, "SUBNET_OVERLAP")
      const nowhere = await rejection(vmnet.up({ vm: "api", netns: "/run/netns/nowhere" }))
      assert.instanceOf(nowhere, VmnetError)
    })
  )

  it.effect("a backend of under 100 lines gives namespaces a routed network of their own", () =>
    onHost(["api", "db"], async ({ netnsOf, page, seenBy, serve }) => {
      const pods = { backend: "ptp", subnet: "10.77.0.0/24", interface: "net0" }
      await using vmnet = createVmnet({ backends: [ptpBackend], config: { networks: { pods } } })
      const up = (vm: string, more = {}) => vmnet.up({ vm, network: "pods", netns: netnsOf(vm), ...more })
      await using api = await up("api", { publish: ["8080:80", "127.0.0.1:9001:80"] })
      await using db = await up("db", { egress: "none" })
      assert.deepStrictEqual([api.device.name, api.guest.address], ["net0", "10.77.0.2/32"])
      await serve("api")
      await serve("db")
      assert.strictEqual(await seenBy(netnsOf("api")), "192.0.2.10")
      assert.strictEqual(await page(netnsOf("db"), "http://203.0.113.10/"), null)
      for (const url of [published, `http://${api.host.address}/`, "http://127.0.0.1:9001/"]) {
        assert.strictEqual(await page("host", url), "api", url)
      }
      assert.strictEqual(await page("lan", published), "api")
      assert.strictEqual(await page(netnsOf("api"), `http://${db.host.address}/`), null)
      await api.unpublish("8080:80")
      assert.strictEqual(await page("lan", published), null)
    })
  )
})
