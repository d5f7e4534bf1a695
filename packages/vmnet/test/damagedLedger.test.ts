import { assert, describe, it } from "@effect/vitest"
import { hostNetns } from "@vmnet/core"
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { join } from "node:path"
import type { VmnetError } from "vmnet"
import { makeMachine, rejection } from "./support/machine.ts"

type Machine = ReturnType<typeof makeMachine>

const guests = [
  { vm: "a", backend: "bridge", publish: "8081:80" },
  { vm: "b", backend: "netns" },
  { vm: "c", backend: "tap" }
] as const

const ledgerOf = ({ stateDir }: Machine): string => join(stateDir, "ledger.db")

const refused = async (promise: Promise<unknown>) => (await rejection(promise)) as VmnetError

const up = async (machine: Machine, vms: ReadonlyArray<(typeof guests)[number]> = guests): Promise<void> => {
  await using vmnet = machine.vmnet()
  for (const guest of vms) await vmnet.up(guest)
}

const aside = ({ stateDir }: Machine): ReadonlyArray<string> =>
  readdirSync(stateDir).filter((name) => name.startsWith("ledger.db.damaged-"))

/** Numbers that are the same for the same seed (mulberry32). */
const randomOf = (seed: number) => {
  let state = seed
  return (bound: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

/** A cut anywhere, or up to eight bytes of any place changed. */
const mutate = (whole: Buffer, seed: number): Buffer => {
  const random = randomOf(seed)
  if (seed % 5 === 0) return whole.subarray(0, random(whole.length))
  const bytes = Buffer.from(whole)
  for (let count = 1 + random(8); count > 0; count--) bytes[random(bytes.length)] = random(256)
  return bytes
}

describe("a damaged ledger", () => {
  it("is refused by every verb with the way out, and gc sets it aside, keeps it and goes on", async () => {
    using machine = makeMachine()
    await up(machine)
    const during = machine.kernel.snapshot()
    const damaged = Buffer.from("not a database ".repeat(400))
    writeFileSync(ledgerOf(machine), damaged)
    await using vmnet = machine.vmnet()
    const verbs = [() => vmnet.up(guests[0]), () => vmnet.down("a"), () => vmnet.list(), () => vmnet.status()]
    for (const verb of verbs) {
      const { code, hint } = await refused(verb())
      assert.deepStrictEqual([code, hint?.startsWith("Run vmnet gc")], ["LEDGER_FAILED", true])
    }
    const rehearsal = await vmnet.gc({ dryRun: true })
    assert.match(rehearsal.actions[0]?.reason ?? "", /it would be set aside and kept/)
    assert.strictEqual(rehearsal.actions.filter(({ kind }) => kind === "Lease").length, 3)
    assert.deepStrictEqual([aside(machine), readFileSync(ledgerOf(machine))], [[], damaged])
    const { actions } = await vmnet.gc()
    assert.deepStrictEqual([rehearsal.actions[0]?.action, actions[0]?.action], ["would-move", "moved"])
    assert.deepStrictEqual([actions[0]?.kind, /it is kept as/.test(actions[0]?.reason ?? "")], ["Ledger", true])
    const [kept] = aside(machine)
    assert.deepStrictEqual(readFileSync(join(machine.stateDir, kept!)), damaged)
    assert.deepStrictEqual(machine.kernel.snapshot(), during)
    for (const { vm } of guests) assert.strictEqual((await vmnet.down(vm)).outcome, "removed")
    assert.deepStrictEqual(machine.kernel.snapshot()["host"]?.natEntries, [])
    assert.strictEqual((await vmnet.up(guests[0])).generation, 2)
  })

  it("of another application or another install is refused, named, and never touched", async () => {
    using machine = makeMachine()
    using other = makeMachine()
    await up(machine)
    mkdirSync(other.stateDir, { mode: 0o700 })
    copyFileSync(ledgerOf(machine), ledgerOf(other))
    const copied = readFileSync(ledgerOf(other))
    await using vmnet = other.vmnet()
    for (const verb of [() => vmnet.list(), () => vmnet.gc(), () => vmnet.down("a")]) {
      assert.match((await refused(verb())).message, /is the ledger of another install, [0-9a-f]{8}/)
    }
    assert.deepStrictEqual(readFileSync(ledgerOf(other)), copied)
    rmSync(ledgerOf(other))
    const database = new DatabaseSync(ledgerOf(other))
    database.exec("PRAGMA application_id = 42; CREATE TABLE x (y)")
    database.close()
    await using again = other.vmnet()
    assert.match((await refused(again.gc())).message, /another application's \(application id 42\)/)
    const opened = new DatabaseSync(ledgerOf(other), { readOnly: true })
    assert.deepStrictEqual({ ...opened.prepare("PRAGMA user_version").get() }, { user_version: 0 })
    opened.close()
  })

  it(
    "in any of 500 ways works, is refused, or is set aside by gc; nothing foreign is touched",
    { timeout: 120_000 },
    async () => {
      using machine = makeMachine()
      machine.kernel.foreign.link(hostNetns, { link: "vmtaaaaaaaaaaaa", type: "tun", alias: "vmnet:ffffffff:a:1" })
      machine.kernel.foreign.link(hostNetns, { link: "vmtbbbbbbbbbbbb", type: "tun" })
      const decoys = () => machine.kernel.snapshot()["host"]!.links.filter(({ link }) => /^vmt(a|b)\1*$/.test(link))
      const [guest] = guests
      await up(machine, [guest])
      const whole = readFileSync(ledgerOf(machine))
      const during = machine.kernel.snapshot()
      const before = decoys()
      const outcomes = { works: 0, refused: 0, aside: 0 }
      for (let seed = 1; seed <= 500; seed++) {
        rmSync(machine.stateDir, { recursive: true })
        mkdirSync(machine.stateDir, { mode: 0o700 })
        writeFileSync(ledgerOf(machine), mutate(whole, seed), { mode: 0o600 })
        await using vmnet = machine.vmnet()
        const listed = await vmnet.list().then(
          (vms) => vms.map(({ vm }) => vm),
          () => undefined
        )
        const collected = await vmnet.gc().then(
          () => true,
          (error: VmnetError) => error.code
        )
        const isAside = existsSync(machine.stateDir) && aside(machine).length > 0
        if (collected === true && isAside) outcomes.aside++
        else if (collected === true) outcomes.works++
        else outcomes.refused++
        if (collected !== true) assert.strictEqual(collected, "LEDGER_FAILED", `seed ${seed}`)
        if (isAside)
          assert.deepStrictEqual(
            (await vmnet.list()).map(({ vm }) => vm),
            ["a"],
            `seed ${seed}`
          )
        if (listed !== undefined && !isAside) assert.deepStrictEqual(listed, ["a"], `seed ${seed}`)
        assert.deepStrictEqual(machine.kernel.snapshot(), during, `seed ${seed}`)
      }
      assert.deepStrictEqual(decoys(), before)
      assert.isAbove(outcomes.aside, 100)
      assert.isAbove(outcomes.works, 10)
    }
  )
})
