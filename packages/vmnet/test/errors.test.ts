import { assert, it } from "@effect/vitest"
import { writeFileSync, chmodSync, mkdirSync, rmSync } from "node:fs"
import { hostNetns } from "@vmnet/core"
import { type UpOptions, type Vmnet, VmnetError } from "vmnet"
import { makeMachine, rejection } from "./support/machine.ts"

const refused = async (promise: Promise<unknown>): Promise<VmnetError> => {
  const error = await rejection(promise)
  assert.instanceOf(error, VmnetError)
  assert.instanceOf(error, Error)
  return error as VmnetError
}

it("a refusal is an Error with code, exit code, hint and details, and JSON as the command prints it", async () => {
  using machine = makeMachine()
  await using vmnet = machine.vmnet()
  await vmnet.up({ vm: "api", publish: "8080:80" })
  const error = await refused(vmnet.up({ vm: "worker", publish: "8080:80" }))
  assert.deepStrictEqual([error.name, error.code, error.exitCode], ["VmnetError", "PORT_IN_USE", 4])
  assert.match(error.message, /8080\/tcp .* is published by api/)
  assert.match(error.hint ?? "", /vmnet unpublish api/)
  assert.match(String(error), /^VmnetError: host port 8080/)
  const { code, message, hint, details } = error
  assert.deepStrictEqual(JSON.parse(JSON.stringify(error)), { code, message, details: { ...details }, hint })
  assert.deepStrictEqual(
    (await vmnet.list()).map(({ vm }) => vm),
    ["api"]
  )
})

it("everything wrong with a request is said at once", async () => {
  using machine = makeMachine()
  await using vmnet = machine.vmnet()
  const error = await refused(vmnet.up({ vm: "Api!", publish: ["8080"], mac: "nonsense" }))
  assert.deepStrictEqual([error.code, error.exitCode], ["BAD_INPUT", 2])
  assert.strictEqual(error.message.split("\n").length, 3)
})

it.each([
  ["an unknown option", { vm: "api", pulbish: "8080:80" }, /up has no option "pulbish"/],
  ["an option of another type", { vm: "api", publish: 8080, ip: 7 }, /publish is\nup cannot use what ip is/],
  ["no VM", {}, /up wants a vm/],
  ["nothing at all", undefined, /up wants an object/],
  ["a namespace and a process", { vm: "api", netns: "/run/netns/a", pid: 1 }, /cannot be combined/]
])("up refuses %s by name", async (_, options, message) => {
  using machine = makeMachine()
  await using vmnet = machine.vmnet()
  const error = await refused(vmnet.up(options as UpOptions))
  assert.strictEqual(error.code, "BAD_INPUT")
  assert.match(error.message, message)
})

const wrong: ReadonlyArray<readonly [string, (vmnet: Vmnet) => Promise<unknown>, string]> = [
  ["down", (vmnet) => vmnet.down(7 as never), "BAD_INPUT"],
  ["show", (vmnet) => vmnet.show("nobody"), "VM_NOT_FOUND"],
  ["publish", (vmnet) => vmnet.publish("api", []), "BAD_INPUT"],
  ["unpublish", (vmnet) => vmnet.unpublish("nobody", "1:1"), "VM_NOT_FOUND"],
  ["removeNetwork", (vmnet) => vmnet.removeNetwork("../x"), "BAD_INPUT"],
  ["list", (vmnet) => vmnet.list({ timeout: 5 } as object), "BAD_INPUT"]
]

it.each(wrong)("%s rejects and never throws", async (_, verb, code) => {
  using machine = makeMachine()
  await using vmnet = machine.vmnet()
  assert.strictEqual((await refused(verb(vmnet))).code, code)
})

it("what could not be opened is tried again by the next verb", async () => {
  using machine = makeMachine()
  writeFileSync(machine.stateDir, "")
  await using vmnet = machine.vmnet()
  assert.strictEqual((await refused(vmnet.list())).code, "LEDGER_FAILED")
  rmSync(machine.stateDir)
  mkdirSync(machine.stateDir, { mode: 0o700 })
  assert.deepStrictEqual(await vmnet.list(), [])
})

it("a state directory that is open to others is refused with what to do", async () => {
  using machine = makeMachine()
  mkdirSync(machine.stateDir)
  chmodSync(machine.stateDir, 0o755)
  await using vmnet = machine.vmnet()
  const error = await refused(vmnet.status())
  assert.deepStrictEqual([error.code, error.exitCode], ["LEDGER_FAILED", 1])
  assert.match(error.hint ?? "", /chmod 0700/)
})

it("somebody else's subnet is a conflict, and nothing stays of the attempt", async () => {
  using machine = makeMachine()
  machine.kernel.foreign.link(hostNetns, { link: "docker0", type: "bridge", up: true, addresses: ["10.213.0.1/16"] })
  const before = machine.kernel.snapshot()
  await using vmnet = machine.vmnet()
  assert.strictEqual((await refused(vmnet.up({ vm: "api" }))).code, "SUBNET_OVERLAP")
  assert.deepStrictEqual(machine.kernel.snapshot(), before)
})
