import { assert, describe, it } from "@effect/vitest"
import { hostNetns, layerHostRegister } from "@vmnet/core"
import { Layer } from "effect"
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"
import type { ConfigObject } from "vmnet"
import { makeMachine } from "./support/machine.ts"

type Machine = ReturnType<typeof makeMachine>

const pooled = { networks: { pool: { backend: "tap", subnet: "10.77.0.0/24", pool: { size: 4, warm: 2 } } } } as const

const guests = [
  { vm: "a", backend: "bridge", publish: "8081:80" },
  { vm: "b", backend: "netns" },
  { vm: "c", backend: "tap" },
  { vm: "d", backend: "slirp" }
] as const

const registerOf = ({ stateDir }: Machine): string => join(dirname(stateDir), "host")

/** The service on a machine that has a register, as every real one does. */
const open = (machine: Machine, config: ConfigObject = {}) => {
  const { layer } = machine.kernel
  const register = Layer.fresh(layerHostRegister(registerOf(machine)))
  return machine.vmnet({ config, kernel: { layer: Layer.provideMerge(register, layer) } })
}

const upAll = async (machine: Machine, config: ConfigObject = {}): Promise<void> => {
  machine.kernel.host.setResolvers(["198.51.100.53"])
  await using vmnet = open(machine, config)
  for (const guest of guests) await vmnet.up(guest)
}

const loseRecord = ({ stateDir }: Machine): void => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(stateDir, `ledger.db${suffix}`), { force: true })
}

/** What the register says, read and written by somebody else than vmnet. */
const withRegister = <A>(machine: Machine, use: (database: DatabaseSync) => A): A => {
  const database = new DatabaseSync(join(registerOf(machine), "ledger.db"))
  try {
    return use(database)
  } finally {
    database.close()
  }
}

const rows = (machine: Machine) =>
  withRegister(machine, (database) => database.prepare("SELECT share FROM held ORDER BY share").all()).map(
    ({ share }) => share
  )

const flags = ({ kernel }: Machine) => kernel.snapshot()["host"]!.forwarding

const write = ({ kernel }: Machine, key: ReadonlyArray<string>, value: string): void =>
  kernel.foreign.sysctl(hostNetns, ["net", "ipv4", ...key], value)

const modes = [{ forwarding: "global" }, { forwarding: "per-interface" }] as const

describe("the record is lost, and the register of the host is not", () => {
  for (const config of modes) {
    it(`the last down puts back what was found before the first up (${config.forwarding})`, async () => {
      using machine = makeMachine()
      machine.kernel.foreign.link(hostNetns, { link: "lan0", up: true })
      write(machine, ["conf", "lan0", "forwarding"], "1")
      const before = machine.kernel.snapshot()
      await upAll(machine, config)
      const during = machine.kernel.snapshot()
      loseRecord(machine)
      await using vmnet = open(machine, config)
      const { lost, sysctls } = await vmnet.status()
      assert.deepStrictEqual(lost, { vms: ["a", "b", "c", "d"], notes: [] })
      const held = sysctls.map(({ before, key, value }) => `${key} ${before} ${value}`)
      assert.deepStrictEqual(
        held,
        config.forwarding === "global"
          ? ["net.ipv4.conf.eth0.forwarding 1 1", "net.ipv4.ip_forward 0 1"]
          : ["net.ipv4.conf.eth0.forwarding 0 1"]
      )
      const drift = (await vmnet.check()).drift.map((one) => `${one.kind} ${one.name} ${one.drift}`)
      assert.deepStrictEqual(
        drift,
        guests.map(({ vm }) => `Lease ${vm} unfinished`)
      )
      const { actions } = await vmnet.gc()
      assert.deepStrictEqual(
        actions.filter(({ kind }) => kind !== "Lease"),
        []
      )
      assert.deepStrictEqual(machine.kernel.snapshot(), during)
      // Those on the host hold them, in whatever order they go; slirp never did.
      for (const vm of ["b", "c"]) await vmnet.down(vm, { wait: true })
      assert.deepStrictEqual(flags(machine)["eth0"], "1")
      await vmnet.down("a", { wait: true })
      assert.deepStrictEqual(flags(machine), before["host"]!.forwarding)
      await vmnet.down("d", { wait: true })
      assert.deepStrictEqual(machine.kernel.snapshot(), before)
      assert.deepStrictEqual([rows(machine), await vmnet.list()], [[], []])
    })
  }

  it("with nothing else left to be found, gc puts it back", async () => {
    using machine = makeMachine()
    const before = machine.kernel.snapshot()
    await upAll(machine)
    const parameters = withRegister(machine, (database) => database.prepare("SELECT * FROM held").all())
    await (async () => {
      await using vmnet = open(machine)
      for (const { vm } of guests) await vmnet.down(vm, { wait: true })
    })()
    write(machine, ["ip_forward"], "1")
    withRegister(machine, (database) => {
      const insert = database.prepare("INSERT INTO held VALUES (?, ?, ?, ?, ?)")
      for (const row of parameters) insert.run(...(Object.values(row) as Array<string>))
    })
    loseRecord(machine)
    await using vmnet = open(machine)
    assert.isUndefined((await vmnet.status()).lost)
    const { actions } = await vmnet.gc()
    assert.deepStrictEqual(
      actions.map(({ action, kind, name }) => [action, kind, name]),
      [["deleted", "Sysctl", "net.ipv4.ip_forward"]]
    )
    assert.deepStrictEqual(machine.kernel.snapshot(), before)
    assert.deepStrictEqual(rows(machine), [])
  })

  it("a pool's ready devices keep nobody forwarding", async () => {
    using machine = makeMachine()
    const before = flags(machine)["all"]
    await (async () => {
      await using vmnet = open(machine, pooled)
      const vms = ["x", "y", "z"] as const
      for (const vm of vms) await vmnet.up({ vm, network: "pool" })
      for (const vm of vms.slice(1)) await vmnet.down(vm, { wait: true })
    })()
    loseRecord(machine)
    await using vmnet = open(machine, pooled)
    assert.strictEqual(flags(machine)["all"], "1")
    await vmnet.down("x", { wait: true })
    assert.deepStrictEqual([before, flags(machine)["all"]], ["0", "0"])
    assert.strictEqual((await vmnet.status()).pools[0]?.ready, 2)
  })

  it("what somebody has turned off since is his, and the next up turns it on again", async () => {
    using machine = makeMachine()
    await upAll(machine)
    write(machine, ["ip_forward"], "0")
    loseRecord(machine)
    await (async () => {
      await using vmnet = open(machine)
      for (const { vm } of guests) await vmnet.down(vm, { wait: true })
    })()
    assert.deepStrictEqual([flags(machine)["all"], flags(machine)["eth0"]], ["0", "0"])
    await upAll(machine)
    write(machine, ["ip_forward"], "0")
    loseRecord(machine)
    await using vmnet = open(machine, { networks: { web: { subnet: "10.99.0.0/24" } } })
    await vmnet.up({ vm: "new", network: "web" })
    assert.deepStrictEqual([flags(machine)["all"], flags(machine)["eth0"]], ["1", "1"])
  })

  it("another install, or another directory of the same name, gives nothing of its own away", async () => {
    using machine = makeMachine()
    await upAll(machine)
    withRegister(machine, (database) => database.exec("UPDATE held SET state_dir = state_dir || '/elsewhere'"))
    loseRecord(machine)
    await using vmnet = open(machine)
    const { lost, sysctls } = await vmnet.status()
    assert.deepStrictEqual([sysctls, lost?.notes.length], [[], 1])
  })

  it("where the register is lost too, it is said what nobody can put back", async () => {
    using machine = makeMachine()
    await upAll(machine)
    loseRecord(machine)
    rmSync(registerOf(machine), { recursive: true })
    await using vmnet = open(machine)
    assert.match((await vmnet.status()).lost?.notes[0] ?? "", /ip_forward: its value before vmnet was lost/)
    for (const { vm } of guests) await vmnet.down(vm, { wait: true })
    assert.strictEqual(flags(machine)["all"], "1")
    assert.isTrue(existsSync(registerOf(machine)))
  })

  it("what nobody can put back is said while it is so: not once somebody has, and by gc for the last time", async () => {
    using machine = makeMachine()
    await upAll(machine)
    loseRecord(machine)
    rmSync(registerOf(machine), { recursive: true })
    await using vmnet = open(machine)
    const notes = async () => (await vmnet.status()).lost?.notes.length ?? 0
    const said = async (dryRun: boolean) =>
      (await vmnet.gc({ dryRun })).actions.filter(({ kind }) => kind === "Sysctl").length
    assert.deepStrictEqual([await said(false), await notes()], [1, 1], "there are VMs that need it")
    for (const { vm } of guests) await vmnet.down(vm, { wait: true })
    write(machine, ["ip_forward"], "0")
    assert.deepStrictEqual([await notes(), await said(true)], [0, 0], "it is as somebody wants it")
    write(machine, ["ip_forward"], "1")
    assert.deepStrictEqual([await notes(), await said(true), await notes()], [1, 1, 1], "a rehearsal forgets nothing")
    assert.deepStrictEqual([await said(false), await said(false), await notes()], [1, 0, 0])
  })

  it("what nobody could put back is known again once the next up has found it off", async () => {
    using machine = makeMachine()
    await upAll(machine)
    loseRecord(machine)
    rmSync(registerOf(machine), { recursive: true })
    await using vmnet = open(machine)
    for (const { vm } of guests) await vmnet.down(vm, { wait: true })
    write(machine, ["ip_forward"], "0")
    await vmnet.up({ vm: "new", backend: "bridge" })
    assert.isUndefined((await vmnet.status()).lost)
    await vmnet.down("new", { wait: true })
    assert.strictEqual(flags(machine)["all"], "0")
  })

  it("a register that is damaged keeps nobody from the record: what it knew is lost", async () => {
    using machine = makeMachine()
    await upAll(machine)
    loseRecord(machine)
    for (const suffix of ["-wal", "-shm"]) rmSync(join(registerOf(machine), `ledger.db${suffix}`), { force: true })
    writeFileSync(join(registerOf(machine), "ledger.db"), "not a database ".repeat(400))
    await using vmnet = open(machine)
    const { lost, sysctls } = await vmnet.status()
    assert.deepStrictEqual([sysctls, lost?.notes.length], [[], 1])
    for (const { vm } of guests) assert.strictEqual((await vmnet.down(vm, { wait: true })).outcome, "removed")
  })

  it("what another install is giving back at this moment is waited for", async () => {
    using machine = makeMachine()
    await upAll(machine)
    loseRecord(machine)
    const other = machine.kernel.host.startProcess()
    withRegister(machine, (database) =>
      database
        .prepare("INSERT INTO locks (key, token, pid, start, boot) VALUES ('host parameters', 'other', ?, ?, ?)")
        .run(other.pid, other.startTime, other.bootId)
    )
    await using vmnet = open(machine)
    const status = vmnet.status()
    // Time enough to read what is about to change, for whoever does not wait.
    await setTimeout(200)
    write(machine, ["ip_forward"], "0")
    withRegister(machine, (database) => database.exec("DELETE FROM held; DELETE FROM locks"))
    const { lost, sysctls } = await status
    assert.deepStrictEqual([sysctls, lost?.notes], [[], []])
  })

  it("who is at it himself when the record is lost does not wait for himself", async () => {
    using machine = makeMachine()
    await upAll(machine)
    loseRecord(machine)
    const { bootId, pid, startTime } = machine.kernel.host.self()
    withRegister(machine, (database) =>
      database
        .prepare("INSERT INTO locks (key, token, pid, start, boot) VALUES ('host parameters', 'own', ?, ?, ?)")
        .run(pid, startTime, bootId)
    )
    await using vmnet = open(machine)
    assert.strictEqual((await vmnet.status()).sysctls.length, 2)
  })

  const memo = '{"before":"0","reset":{"forwarding":{"eth0":"0"},"acceptRedirects":"1"}}'
  const notMemos = [
    "not JSON",
    "[]",
    "{}",
    "[null]",
    `[${memo},${memo}]`,
    '[{"before":"0"}]',
    memo,
    `[${memo.replace('"before":"0"', '"before":0')}]`,
    `[${memo.replace('"before":"0"', '"before":"0; reboot"')}]`,
    `[${memo.replace('"eth0":"0"', '"eth0":null')}]`,
    `[${memo.replace('{"before"', '{"more":1,"before"')}]`
  ]
  it("of a row that does not say exactly what vmnet says nothing is believed", async () => {
    using machine = makeMachine()
    await upAll(machine)
    const read = async (memos: string) => {
      withRegister(machine, (database) =>
        database.prepare("UPDATE held SET memos = ? WHERE share = 'sysctl.ip_forward'").run(memos)
      )
      loseRecord(machine)
      await using vmnet = open(machine)
      const { lost, sysctls } = await vmnet.status()
      return [sysctls.some(({ key }) => key === "net.ipv4.ip_forward"), lost?.notes.length]
    }
    assert.deepStrictEqual(await read(`[${memo}]`), [true, 0])
    for (const memos of notMemos) assert.deepStrictEqual(await read(memos), [false, 1], memos)
  })
})
