import { assert, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import type { VmnetError } from "vmnet"
import { ptpBackend } from "../examples/ptp.ts"
import { makeMachine, rejection } from "./support/machine.ts"

const config = { networks: { pods: { backend: "ptp", subnet: "10.77.0.0/24", interface: "net0" } } }

it("a backend of somebody else's is used like one of vmnet's own, with options of its own", async () => {
  using machine = makeMachine()
  const { path: netns } = machine.kernel.addNetns("/run/netns/api") as { readonly path: string }
  const before = machine.kernel.snapshot()
  await using vmnet = machine.vmnet({ backends: [ptpBackend], config })
  {
    await using vm = await vmnet.up({ vm: "api", network: "pods", netns, publish: "8080:80" })
    assert.deepStrictEqual([vm.backend, vm.network, vm.guest.address], ["ptp", "pods", "10.77.0.2/32"])
    assert.deepStrictEqual(vm.device, { kind: "veth", name: "net0", netns, mac: vm.guest.mac })
    await vm.publish("127.0.0.1:9090:90")
    const network = (await vmnet.networks()).find((one) => one.network === "pods")
    assert.deepInclude(network, { backend: "ptp", vms: ["api"], source: "config" })
    await using again = machine.vmnet({ backends: [ptpBackend], config })
    assert.deepStrictEqual((await again.show("api")).attachment, vm.toJSON())
  }
  assert.deepStrictEqual(machine.kernel.snapshot(), before)
})

it("its name and its options are known where it is installed, and refused where it is not", async () => {
  using machine = makeMachine()
  const refused = async (promise: Promise<unknown>) => (await rejection(promise)) as VmnetError
  await using without = machine.vmnet()
  assert.match((await refused(without.plan({ vm: "api", backend: "ptp" }))).message, /no such backend.*bridge/)
  await using unread = machine.vmnet({ config })
  assert.match((await refused(unread.plan({ vm: "api", network: "pods" }))).message, /networks\.pods\.backend/)
  const wrong = { networks: { pods: { ...config.networks.pods, interface: "../x", isolated: true } } }
  await using vmnet = machine.vmnet({ backends: [ptpBackend], config: wrong })
  const { code, message } = await refused(vmnet.plan({ vm: "api", network: "pods" }))
  assert.strictEqual(code, "CONFIG_INVALID")
  assert.match(message, /networks\.pods\.interface/)
  assert.match(message, /networks\.pods\.isolated/)
  await using ready = machine.vmnet({ backends: [ptpBackend] })
  assert.strictEqual((await refused(ready.up({ vm: "api", backend: "ptp" }))).code, "OPTION_UNSUPPORTED")
  assert.match((await refused(ready.up({ vm: "api", backend: "ptp", tapOwner: 7 }))).message, /--tap-owner/)
  await using twice = machine.vmnet({ backends: [ptpBackend, ptpBackend] })
  assert.match((await refused(twice.list())).message, /a backend called ptp already/)
})

it("takes less than a hundred lines and needs nothing but core", () => {
  const text = readFileSync(new URL("../examples/ptp.ts", import.meta.url), "utf8")
  assert.isBelow(text.trimEnd().split("\n").length, 100)
  assert.deepStrictEqual(
    [...text.matchAll(/from "(.*)"/g)].map((match) => match[1]),
    ["@vmnet/core", "effect"]
  )
})
