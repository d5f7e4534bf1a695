import { assert, it } from "@effect/vitest"
import { hostNetns } from "@vmnet/core"
import { rmSync, truncateSync } from "node:fs"
import { join } from "node:path"
import type { VmnetError } from "vmnet"
import { makeMachine, rejection } from "./support/machine.ts"

const config = {
  networks: { pool: { backend: "tap", subnet: "10.77.0.0/24", pool: { size: 4, warm: 2 } } }
}

const guests = [
  { vm: "a", backend: "bridge", publish: "8081:80" },
  { vm: "b", backend: "netns", publish: "8082:80" },
  { vm: "c", backend: "tap", publish: "8083:80" },
  { vm: "d", backend: "slirp" },
  { vm: "e", network: "pool" }
] as const

type Machine = ReturnType<typeof makeMachine>

/** Things that look like ours and are not: another install's, without a tag, with one that is not quite a tag. */
const addDecoys = ({ kernel }: Machine): void => {
  const tap = (link: string, alias: string) => kernel.foreign.link(hostNetns, { link, type: "tun", alias })
  tap("vmtaaaaaaaaaaaa", "vmnet:ffffffff:a:1")
  tap("vmtbbbbbbbbbbbb", "")
  tap("vmtcccccccccccc", "vmnet:ffffffff:a:1 ")
  kernel.addNetns("/run/netns/vmnet-77")
}

const upAll = async (machine: Machine): Promise<void> => {
  machine.kernel.host.setResolvers(["198.51.100.53"])
  await using vmnet = machine.vmnet({ config })
  for (const guest of guests) await vmnet.up(guest)
}

const refused = async (promise: Promise<unknown>) => (await rejection(promise)) as VmnetError

const lose: Readonly<Record<string, (stateDir: string) => void>> = {
  "the state directory is deleted": (stateDir) => rmSync(stateDir, { recursive: true }),
  "the file is deleted": (stateDir) => {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(stateDir, `ledger.db${suffix}`), { force: true })
  },
  "the file is empty": (stateDir) => {
    for (const suffix of ["-wal", "-shm"]) rmSync(join(stateDir, `ledger.db${suffix}`), { force: true })
    truncateSync(join(stateDir, "ledger.db"))
  }
}

for (const [how, loseRecord] of Object.entries(lose)) {
  it(`${how}: VMs of every backend are found by their tags, stay as they are, and go with down`, async () => {
    using machine = makeMachine()
    addDecoys(machine)
    machine.kernel.rootfs.add("/srv/a", { resolvConf: "file" })
    const before = machine.kernel.snapshot()
    const files = machine.kernel.rootfs.view()
    await upAll(machine)
    await (async () => {
      await using vmnet = machine.vmnet({ config })
      await vmnet.resolvConf("a", "/srv/a")
    })()
    const during = machine.kernel.snapshot()
    loseRecord(machine.stateDir)
    await using vmnet = machine.vmnet({ config })
    assert.deepStrictEqual(
      (await vmnet.list()).map(({ state, vm }) => [vm, state]),
      guests.map(({ vm }) => [vm, "failed"])
    )
    assert.deepStrictEqual((await vmnet.status()).lost?.vms, ["a", "b", "c", "d", "e"])
    const { actions } = await vmnet.gc()
    const verdicts = actions
      .filter(({ kind }) => kind === "Lease")
      .map(({ action, reason, vm }) => [vm, action, reason])
    assert.deepStrictEqual(verdicts[0], ["a", "skipped", "in use: its record was lost; vmnet down a takes it down"])
    assert.strictEqual(verdicts.length, guests.length)
    assert.deepStrictEqual(machine.kernel.snapshot(), during)
    for (const { vm } of guests) assert.strictEqual((await vmnet.down(vm, { wait: true })).outcome, "removed")
    await vmnet.removeNetwork("pool")
    assert.deepStrictEqual(await vmnet.list(), [])
    assert.deepStrictEqual(machine.kernel.host.helpers(), {})
    assert.deepStrictEqual(machine.kernel.rootfs.view(), files)
    const status = await vmnet.status()
    assert.deepStrictEqual(status.lost?.vms, [])
    assert.match(status.lost?.notes[0] ?? "", /ip_forward: its value before vmnet was lost/)
    const after = machine.kernel.snapshot()
    assert.strictEqual(after["host"]?.forwarding["all"], "1")
    assert.deepStrictEqual(
      Object.entries(after).map(([key, one]) => [key, one.links, one.nat, one.routes]),
      Object.entries(before).map(([key, one]) => [key, one.links, one.nat, one.routes])
    )
  })
}

it("a VM, a network, an address or a port of one whose record is lost is refused by its name", async () => {
  using machine = makeMachine()
  await upAll(machine)
  rmSync(machine.stateDir, { recursive: true })
  const during = machine.kernel.snapshot()
  await using vmnet = machine.vmnet({ config })
  const again = await refused(vmnet.up(guests[0]))
  assert.deepStrictEqual([again.code, again.hint?.includes("vmnet down a")], ["VM_CONFLICT", true])
  const sameNetwork = await refused(vmnet.up({ vm: "new", backend: "bridge" }))
  assert.match(sameNetwork.message, /network bridge is in use by a, whose record was lost/)
  const sameSubnet = await refused(vmnet.up({ vm: "new", backend: "tap" }))
  assert.match(sameSubnet.message, /addresses are in use by c, whose record was lost/)
  // Of all VMs only the one whose addresses are in the way.
  await using slots = machine.vmnet({ config: { networks: { other: { backend: "netns", subnet: "10.11.0.0/24" } } } })
  const sameSlots = await refused(slots.up({ vm: "new", network: "other" }))
  assert.match(sameSlots.message, /addresses are in use by b, whose record was lost/)
  await using apart = machine.vmnet({ config: { networks: { web: { subnet: "10.99.0.0/24" } } } })
  const port = await refused(apart.up({ vm: "new", network: "web", publish: "8081:80" }))
  assert.deepStrictEqual([port.code, /published by a/.test(port.message)], ["PORT_IN_USE", true])
  assert.strictEqual((await refused(vmnet.publish("a", "8090:80"))).code, "VM_CONFLICT")
  assert.deepStrictEqual(machine.kernel.snapshot(), during)
  const fresh = await apart.up({ vm: "new", network: "web", publish: "8091:80" })
  assert.strictEqual(fresh.state, "active")
  await apart.down("new", { wait: true })
  assert.deepStrictEqual(machine.kernel.snapshot(), during)
})

it("marks, generations and members go on behind those that were lost", async () => {
  using machine = makeMachine()
  await upAll(machine)
  const marks = () => machine.kernel.snapshot()["host"]!.natEntries.filter(({ set }) => /gen|mark/.test(set)).length
  const count = marks()
  rmSync(machine.stateDir, { recursive: true })
  await using vmnet = machine.vmnet({ config })
  await vmnet.down("a", { wait: true })
  const again = await vmnet.up(guests[0])
  assert.strictEqual(again.generation, 2)
  assert.strictEqual(marks(), count)
})

it("what a pool had ready is found, is nobody's to have, and goes with the network", async () => {
  using machine = makeMachine()
  machine.kernel.foreign.sysctl(hostNetns, ["net", "ipv4", "ip_forward"], "1")
  const before = machine.kernel.snapshot()
  await (async () => {
    await using vmnet = machine.vmnet({ config })
    const vms = ["x", "y"] as const
    for (const vm of vms) await vmnet.up({ vm, network: "pool" })
    for (const vm of vms) await vmnet.down(vm, { wait: true })
  })()
  rmSync(machine.stateDir, { recursive: true })
  await using vmnet = machine.vmnet({ config })
  assert.deepStrictEqual((await vmnet.status()).pools, [{ network: "pool", ready: 2, leased: 0 }])
  await vmnet.gc()
  assert.deepStrictEqual((await vmnet.status()).pools, [{ network: "pool", ready: 2, leased: 0 }])
  await vmnet.removeNetwork("pool")
  assert.deepStrictEqual(machine.kernel.snapshot(), before)
})

it("an orphan goes with gc only by force, and only where nobody is seen to use it", async () => {
  using machine = makeMachine()
  machine.kernel.foreign.link(hostNetns, { link: "vmtaaaaaaaaaaaa", type: "tun", alias: "vmnet:ffffffff:a:1" })
  const before = machine.kernel.snapshot()
  await upAll(machine)
  rmSync(machine.stateDir, { recursive: true })
  await using vmnet = machine.vmnet({ config })
  const held = (await vmnet.list()).find(({ vm }) => vm === "c")
  const vmm = machine.kernel.host.startProcess()
  machine.kernel.host.openTap(vmm.pid, held!.device.name)
  const would = await vmnet.gc({ dryRun: true, forceHeuristic: true })
  const done = await vmnet.gc({ forceHeuristic: true })
  const leases = ({ actions }: typeof done) =>
    actions.flatMap(({ action, kind, vm }) => (kind === "Lease" ? [`${vm} ${action}`] : []))
  assert.deepStrictEqual(leases(would), [
    "a would-delete",
    "b would-delete",
    "c skipped",
    "d skipped",
    "e would-delete"
  ])
  assert.deepStrictEqual(leases(done), ["a deleted", "b deleted", "c skipped", "d skipped", "e deleted"])
  for (const vm of ["c", "d"]) await vmnet.down(vm, { wait: true })
  await vmnet.removeNetwork("pool")
  const links = (snapshot: ReturnType<typeof machine.kernel.snapshot>) =>
    Object.entries(snapshot).map(([key, one]) => [key, one.links, one.nat, one.routes])
  assert.deepStrictEqual(links(machine.kernel.snapshot()), links(before))
})

it("an orphan's slot is in use while somebody has its TAP open, though nobody is in there", async () => {
  using machine = makeMachine()
  await upAll(machine)
  rmSync(machine.stateDir, { recursive: true })
  await using vmnet = machine.vmnet({ config })
  const vmm = machine.kernel.host.startProcess()
  machine.kernel.host.openTap(vmm.pid, "tap0", { _tag: "Path", path: "/run/netns/vmnet-1" })
  const slot = async () =>
    (await vmnet.gc({ forceHeuristic: true })).actions.find(({ kind, vm }) => vm === "b" && kind === "Lease")
  assert.deepInclude(await slot(), {
    action: "skipped",
    reason: "in use: its record was lost, and a process has a TAP in its netns vmnet-1 open"
  })
  machine.kernel.host.endProcess(vmm.pid)
  assert.strictEqual((await slot())?.action, "deleted")
})
