import { assert, describe, it } from "@effect/vitest"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createVmnet, VmnetError } from "vmnet"
import { makeMachine, rejection } from "./support/machine.ts"

describe("a scope", () => {
  it("has its VM while it lasts, and the host is as before afterwards", async () => {
    using machine = makeMachine()
    const before = machine.kernel.snapshot()
    {
      await using vmnet = machine.vmnet()
      await using vm = await vmnet.up({ vm: "api", publish: "8080:80" })
      assert.deepStrictEqual([vm.vm, vm.state, vm.network, vm.existing], ["api", "active", "bridge", false])
      assert.deepStrictEqual(await vmnet.list(), [vm.toJSON()])
      assert.notDeepEqual(machine.kernel.snapshot(), before)
    }
    assert.deepStrictEqual(machine.kernel.snapshot(), before)
    await using later = machine.vmnet()
    assert.deepStrictEqual(await later.list(), [])
  })

  it("that throws detaches too, and passes on what was thrown", async () => {
    using machine = makeMachine()
    const before = machine.kernel.snapshot()
    await using vmnet = machine.vmnet()
    const thrown = new Error("the VMM did not start")
    const scope = async () => {
      await using _ = await vmnet.up({ vm: "api" })
      throw thrown
    }
    assert.strictEqual(await rejection(scope()), thrown)
    assert.deepStrictEqual(machine.kernel.snapshot(), before)
  })

  it("says nothing about a VM that is down already, once or twice", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    await using vm = await vmnet.up({ vm: "api" })
    assert.deepStrictEqual(await vm.down({ wait: true }), { vm: "api", outcome: "removed" })
    await vm[Symbol.asyncDispose]()
    assert.deepStrictEqual(await vm.down({ wait: true }), { vm: "api", outcome: "absent" })
  })

  it("leaves alone the VM that somebody has attached in the place of its own", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const first = await vmnet.up({ vm: "api" })
    await vmnet.down("api", { wait: true })
    const second = await vmnet.up({ vm: "api" })
    await first[Symbol.asyncDispose]()
    const error = await rejection(first.publish("8080:80"))
    assert.strictEqual(error instanceof VmnetError && error.code, "VM_CONFLICT")
    assert.deepStrictEqual(await vmnet.list(), [second.toJSON()])
  })
})

describe("a handle", () => {
  it("is the attachment as plain data, follows its ports, and prints as the command does", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const vm = await vmnet.up({ vm: "api", publish: ["8080:80"] })
    assert.strictEqual(
      Object.keys(vm).toSorted().join(" "),
      "apiVersion backend device existing generation guest host network published state vm"
    )
    await vm.publish(["127.0.0.1:9090:90", "5353:53/udp"])
    assert.deepStrictEqual(
      vm.published.map(({ hostPort, protocol }) => `${hostPort}/${protocol}`),
      ["8080/tcp", "9090/tcp", "5353/udp"]
    )
    await vm.unpublish("8080:80")
    assert.strictEqual(vm.published.length, 2)
    assert.deepStrictEqual(JSON.parse(JSON.stringify(vm)), (await vmnet.show("api")).attachment)
  })

  it("of the same request again is the same VM, and says so", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const first = await vmnet.up({ vm: "api" })
    const again = await vmnet.up({ vm: "api" })
    assert.deepStrictEqual([again.existing, again.toJSON()], [true, first.toJSON()])
  })
})

describe("verbs", () => {
  it("are those of the command", async () => {
    using machine = makeMachine()
    const before = machine.kernel.snapshot()
    await using vmnet = machine.vmnet()
    const plan = await vmnet.plan({ vm: "api", ip: "10.213.0.77", mac: "02:00:00:00:00:01", tapOwner: 1000 })
    assert.strictEqual(plan.attachment.guest.address, "10.213.0.77/24")
    assert.strictEqual(plan.resources.find(({ kind }) => kind === "Tap")?.kind, "Tap")
    assert.deepStrictEqual(machine.kernel.snapshot(), before)
    await vmnet.up({ vm: "api", egress: ["203.0.113.0/24:443", "198.51.100.53:53/udp"] })
    assert.strictEqual((await vmnet.show("api")).request.egress._tag, "Allow")
    assert.strictEqual((await vmnet.publish("api", "8080:80")).publish.length, 1)
    assert.strictEqual((await vmnet.unpublish("api", ["8080:80"])).publish.length, 0)
    assert.deepStrictEqual((await vmnet.status()).leases.active, 1)
    assert.strictEqual(((await rejection(vmnet.removeNetwork("bridge"))) as VmnetError).code, "NETWORK_IN_USE")
    assert.deepStrictEqual(await vmnet.down("api", { wait: true }), { vm: "api", outcome: "removed" })
    assert.deepStrictEqual(await vmnet.down("api"), { vm: "api", outcome: "absent" })
    const own = (await vmnet.networks()).find(({ network }) => network === "bridge")
    assert.strictEqual(own?.state, "down")
    assert.strictEqual((await vmnet.removeNetwork("bridge")).outcome, "removed")
  })

  it("do not wait for what is taken apart behind `down`; closing does, and the name comes back", async () => {
    using machine = makeMachine()
    const before = machine.kernel.snapshot()
    {
      await using vmnet = machine.vmnet()
      const { generation } = await vmnet.up({ vm: "api" })
      assert.deepStrictEqual(await vmnet.down("api"), { vm: "api", outcome: "releasing" })
      const [left] = await vmnet.list()
      assert.deepStrictEqual([left?.vm, left?.state], ["api", "releasing"])
      const again = await vmnet.up({ vm: "api" })
      assert.deepStrictEqual([again.existing, again.generation], [false, generation + 1])
      assert.deepStrictEqual(await again.down({ wait: false }), { vm: "api", outcome: "releasing" })
      const error = await rejection(vmnet.down("api", { wait: "yes" } as object))
      assert.strictEqual(error instanceof VmnetError && error.code, "BAD_INPUT")
    }
    assert.deepStrictEqual(machine.kernel.snapshot(), before)
  })

  it("give a root file system its resolvers until the VM is down", async () => {
    using machine = makeMachine()
    machine.kernel.rootfs.add("/srv/api")
    const before = machine.kernel.snapshot()
    await using vmnet = machine.vmnet({ config: { networks: { bridge: { dns: ["198.51.100.53"] } } } })
    const vm = await vmnet.up({ vm: "api" })
    assert.deepInclude(await vm.resolvConf("/srv/api"), { nameservers: ["198.51.100.53"], existing: false })
    assert.deepInclude(await vmnet.resolvConf("api", "/srv/api"), { existing: true })
    await vm.down()
    assert.isNull(machine.kernel.rootfs.content("/srv/api"), "it goes before the answer")
    await vm.down({ wait: true })
    assert.deepStrictEqual(machine.kernel.snapshot(), before)
  })

  it("collect what belonged to a process that is gone", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const { pid } = machine.kernel.host.startProcess()
    await vmnet.up({ vm: "api", ownerPid: pid })
    assert.deepStrictEqual(
      (await vmnet.gc()).actions.filter(({ action }) => action === "deleted"),
      []
    )
    machine.kernel.host.endProcess(pid)
    const would = await vmnet.gc({ dryRun: true })
    assert.isTrue(would.actions.some(({ action, vm }) => action === "would-delete" && vm === "api"))
    const { actions, problems } = await vmnet.gc()
    assert.isTrue(actions.some(({ action, vm }) => action === "deleted" && vm === "api"))
    assert.deepStrictEqual([problems, await vmnet.list()], [[], []])
  })

  it("tell their steps as they begin, whatever the listener does", async () => {
    using machine = makeMachine()
    const steps: Array<string> = []
    const warned: Array<string> = []
    await using vmnet = machine.vmnet({
      onProgress: ({ vm, step }) => {
        steps.push(`${vm}: ${step}`)
        throw new Error("no space")
      },
      onWarning: (message) => void warned.push(message)
    })
    await vmnet.up({ vm: "api" })
    assert.include(steps, "api: reserve")
    assert.strictEqual(warned[0], "a listener of vmnet threw: no space")
  })
})

describe("the configuration", () => {
  const networks = { web: { subnet: "10.0.42.0/24" } }

  it.each([
    ["an object", () => ({ networks })],
    ["text", () => ({ text: "networks: { web: { subnet: 10.0.42.0/24 } }" })],
    [
      "a file",
      (directory: string) => {
        writeFileSync(join(directory, "vmnet.json"), JSON.stringify({ networks }))
        return join(directory, "vmnet.json")
      }
    ]
  ] as const)("is %s", async (_, config) => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet({ config: config(join(machine.stateDir, "..")) })
    const { attachment } = await vmnet.plan({ vm: "api", network: "web" })
    assert.match(attachment.guest.address, /^10\.0\.42\./)
  })

  it("is checked as the command checks it", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet({ config: { networks: { web: { subnett: "10.0.42.0/24" } } } })
    const error = (await rejection(vmnet.plan({ vm: "api", network: "web" }))) as VmnetError
    assert.strictEqual(error.code, "CONFIG_INVALID")
    assert.match(error.message, /networks\.web\.subnett: .*subnet/)
    await using missing = machine.vmnet({ config: "/nonexistent/vmnet.yaml" })
    assert.match(String(await rejection(missing.up({ vm: "api" }))), /\/nonexistent\/vmnet\.yaml does not exist/)
  })
})

it("the types of the package speak of no Effect", () => {
  const module = new URL("../src/", import.meta.url)
  for (const file of ["index.ts", "Vmnet.ts", "AttachedVm.ts", "VmnetError.ts"]) {
    assert.notMatch(readFileSync(new URL(file, module), "utf8"), /from "effect/)
  }
  assert.throws(() => createVmnet({ stateDirectory: "/x" } as object), VmnetError, 'no option "stateDirectory"')
})
