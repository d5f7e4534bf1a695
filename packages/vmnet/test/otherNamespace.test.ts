import { assert, describe, it } from "@effect/vitest"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { Vmnet, VmnetError } from "vmnet"
import { makeMachine, rejection } from "./support/machine.ts"

type Machine = ReturnType<typeof makeMachine>

const withLedger = <A>({ stateDir }: Machine, use: (database: DatabaseSync) => A): A => {
  const database = new DatabaseSync(join(stateDir, "ledger.db"))
  try {
    return use(database)
  } finally {
    database.close()
  }
}

const recorded = (machine: Machine) =>
  withLedger(machine, (database) => database.prepare("SELECT value FROM meta WHERE key = 'netns'").get()?.["value"])

/** As if all that is on record had been made in another network namespace. */
const moveAway = (machine: Machine): void =>
  withLedger(machine, (database) => database.exec("UPDATE meta SET value = '4:1' WHERE key = 'netns'"))

const verbs: Readonly<Record<string, (vmnet: Vmnet) => Promise<unknown>>> = {
  up: (vmnet) => vmnet.up({ vm: "b" }),
  down: (vmnet) => vmnet.down("a"),
  repair: (vmnet) => vmnet.repair(),
  gc: (vmnet) => vmnet.gc(),
  "gc, as a rehearsal": (vmnet) => vmnet.gc({ dryRun: true }),
  list: (vmnet) => vmnet.list()
}

describe("a record about another network namespace", () => {
  for (const [name, verb] of Object.entries(verbs)) {
    it(`is refused, and nothing is changed: ${name}`, async () => {
      using machine = makeMachine()
      await (async () => {
        await using vmnet = machine.vmnet()
        await vmnet.up({ vm: "a", publish: "8080:80" })
      })()
      const before = machine.kernel.snapshot()
      moveAway(machine)
      await using vmnet = machine.vmnet()
      const error = (await rejection(verb(vmnet))) as VmnetError
      assert.deepStrictEqual([error.code, error.details?.["ledger"]], ["LEDGER_FAILED", "elsewhere"])
      assert.match(error.message, /is about VMs in another network namespace, net:\[1\]/)
      assert.deepStrictEqual(machine.kernel.snapshot(), before)
      assert.strictEqual(recorded(machine), "4:1")
    })
  }

  it("that knows of nothing is about the present one from then on", async () => {
    using machine = makeMachine()
    await (async () => {
      await using vmnet = machine.vmnet()
      await vmnet.status()
    })()
    const here = recorded(machine)
    assert.isString(here)
    moveAway(machine)
    await using vmnet = machine.vmnet()
    assert.strictEqual((await vmnet.up({ vm: "a" })).state, "active")
    assert.strictEqual(recorded(machine), here)
  })

  it("an older record does not say which one it is about: it is taken to be the present one", async () => {
    using machine = makeMachine()
    await (async () => {
      await using vmnet = machine.vmnet()
      await vmnet.up({ vm: "a" })
    })()
    const here = recorded(machine)
    withLedger(machine, (database) => database.exec("DELETE FROM meta WHERE key = 'netns'"))
    await using vmnet = machine.vmnet()
    assert.strictEqual((await vmnet.list()).length, 1)
    assert.strictEqual(recorded(machine), here)
  })

  it("is no matter for who may change no host's network", async () => {
    using machine = makeMachine()
    machine.kernel.host.setResolvers(["198.51.100.53"])
    await (async () => {
      await using vmnet = machine.vmnet()
      await vmnet.up({ vm: "a", backend: "slirp" })
    })()
    moveAway(machine)
    machine.kernel.host.setMissingCapabilities(["CAP_NET_ADMIN"])
    await using vmnet = machine.vmnet()
    assert.strictEqual((await vmnet.down("a")).outcome, "removed")
    assert.strictEqual(recorded(machine), "4:1")
  })
})
