import { assert, describe, it } from "@effect/vitest"
import { hostNetns, leftoverFindings, LinkOps, NatOps } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { copyFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { VmnetError } from "vmnet"
import { makeMachine, rejection } from "./support/machine.ts"

type Machine = ReturnType<typeof makeMachine>

const files = ["ledger.db", "ledger.db-wal", "ledger.db-shm"]

/** A ledger of an earlier day is put in the place of the present one, after `between`. */
const copiedBack = async (machine: Machine, between: () => Promise<unknown>): Promise<void> => {
  const place = (name: string): string => join(machine.stateDir, name)
  await (async () => {
    await using vmnet = machine.vmnet()
    await vmnet.status()
  })()
  copyFileSync(place("ledger.db"), place("old"))
  await between()
  for (const name of files) rmSync(place(name), { force: true })
  copyFileSync(place("old"), place("ledger.db"))
}

const upAll = (machine: Machine) => async (): Promise<void> => {
  machine.kernel.host.setResolvers(["198.51.100.53"])
  await using vmnet = machine.vmnet()
  await vmnet.up({ vm: "a", backend: "bridge", publish: "8081:80" })
  await vmnet.up({ vm: "b", backend: "netns" })
  await vmnet.up({ vm: "c", backend: "tap" })
  await vmnet.up({ vm: "d", backend: "slirp" })
}

describe("an older record is copied back", () => {
  it("gc finds whom it does not know by their tags, ls shows them, and down takes them away", async () => {
    using machine = makeMachine()
    const before = machine.kernel.snapshot()
    await copiedBack(machine, upAll(machine))
    const during = machine.kernel.snapshot()
    await using vmnet = machine.vmnet()
    assert.deepStrictEqual(await vmnet.list(), [])
    const would = await vmnet.gc({ dryRun: true })
    assert.deepStrictEqual(await vmnet.list(), [], "a rehearsal records nothing")
    assert.deepStrictEqual(would.unrecorded, ["a", "b", "c", "d"])
    const [found] = leftoverFindings({ ...would, problems: [] })
    assert.deepInclude(found, { status: "problem", fix: "vmnet gc && vmnet down a b c d" })
    const done = await vmnet.gc()
    assert.deepStrictEqual(done.actions, would.actions)
    const leases = done.actions.flatMap(({ action, kind, name, verdict }) =>
      kind === "Lease" ? [`${name} ${action} ${verdict}`] : []
    )
    assert.deepStrictEqual(
      leases,
      ["a", "b", "c", "d"].map((vm) => `${vm} skipped in-use`)
    )
    assert.deepStrictEqual(machine.kernel.snapshot(), during)
    assert.deepStrictEqual(
      (await vmnet.list()).map(({ state, vm }) => `${vm} ${state}`),
      ["a failed", "b failed", "c failed", "d failed"]
    )
    assert.isUndefined((await vmnet.gc()).unrecorded)
    assert.deepStrictEqual(
      (await vmnet.check()).drift.map((one) => `${one.vm} ${one.drift}`),
      ["a", "b", "c", "d"].map((vm) => `${vm} unfinished`)
    )
    const error = (await rejection(vmnet.check({ vms: ["b"] }))) as VmnetError
    assert.deepStrictEqual([error.code, error.hint?.includes("vmnet down b")], ["VM_CONFLICT", true])
    const { actions: left } = await vmnet.repair()
    assert.isTrue(left.some(({ action, name }) => action === "left" && name === "b"))
    for (const vm of ["a", "b", "c", "d"]) await vmnet.down(vm, { wait: true })
    const after = machine.kernel.snapshot()
    assert.deepStrictEqual([after["host"]?.links, after["host"]?.nat], [before["host"]?.links, before["host"]?.nat])
    assert.deepStrictEqual(Object.keys(after), Object.keys(before))
    assert.deepStrictEqual(machine.kernel.host.helpers(), {})
  })

  it("up says of what is in its way that it is ours and on no record", async () => {
    using machine = makeMachine()
    await copiedBack(machine, upAll(machine))
    await using vmnet = machine.vmnet()
    const slot = (await rejection(vmnet.up({ vm: "x", backend: "netns", slot: 1 }))) as VmnetError
    const network = (await rejection(vmnet.up({ vm: "x", backend: "bridge" }))) as VmnetError
    for (const error of [slot, network]) {
      assert.include(error.message, "carries this install's tag")
      assert.include(error.message, "but is on no record")
      assert.include(error.hint, "vmnet gc")
    }
  })
})

const ghost = async (machine: Machine): Promise<string> => {
  await using vmnet = machine.vmnet()
  const { install } = await vmnet.status()
  const alias = `vmnet:${install}:ghost:7`
  machine.kernel.foreign.link(hostNetns, { link: "vmtaaaaaaaaaaaa", type: "tun", alias })
  return alias
}

describe("a TAP that carries our tag and is on no record", () => {
  it("is the VM's that it names, beside those on record, which nothing happens to", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    await vmnet.up({ vm: "a", publish: "8080:80" })
    const before = machine.kernel.snapshot()
    await ghost(machine)
    assert.deepStrictEqual((await vmnet.gc()).unrecorded, ["ghost"])
    assert.deepStrictEqual(
      (await vmnet.list()).map(({ generation, state, vm }) => [vm, state, generation]),
      [
        ["a", "active", 1],
        ["ghost", "failed", 7]
      ]
    )
    assert.strictEqual((await vmnet.down("ghost", { wait: true })).outcome, "removed")
    assert.deepStrictEqual(machine.kernel.snapshot(), before)
    assert.deepStrictEqual((await vmnet.check()).drift, [])
    assert.strictEqual((await vmnet.up({ vm: "ghost" })).generation, 8)
  })

  it("another install's, or what only looks like a tag of ours, is nobody's of ours", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const { install } = await vmnet.status()
    const tap = (link: string, alias: string) => machine.kernel.foreign.link(hostNetns, { link, type: "tun", alias })
    tap("vmtaaaaaaaaaaaa", "vmnet:ffffffff:ghost:1")
    tap("vmtbbbbbbbbbbbb", `vmnet:${install}:ghost:01`)
    tap("vmtcccccccccccc", `vmnet:${install}:ghost:1 `)
    const { actions, unrecorded } = await vmnet.gc()
    assert.deepStrictEqual([actions, unrecorded, await vmnet.list()], [[], undefined, []])
  })
})

/** Does something once gc knows who is on record: before its first look, or after its second, which it has not written down. */
const meanwhile = (machine: Machine, moment: "before" | "after", work: () => Promise<unknown>) => {
  let looks = 0
  const once = Effect.suspend(() => {
    looks++
    return looks === (moment === "before" ? 1 : 2) ? Effect.promise(work) : Effect.void
  })
  const links = Layer.effect(
    LinkOps,
    Effect.map(LinkOps, (ops) => ({
      ...ops,
      snapshot: (netns: Parameters<typeof ops.snapshot>[0]) =>
        moment === "before" ? Effect.andThen(once, ops.snapshot(netns)) : ops.snapshot(netns)
    }))
  )
  const nat = Layer.effect(
    NatOps,
    Effect.map(NatOps, (ops) => ({
      ...ops,
      snapshot: (netns: Parameters<typeof ops.snapshot>[0]) =>
        moment === "after" ? Effect.tap(ops.snapshot(netns), () => once) : ops.snapshot(netns)
    }))
  )
  const { layer } = machine.kernel
  const both = Layer.provide(Layer.merge(links, nat), layer)
  return machine.vmnet({ kernel: { layer: Layer.merge(layer, both) } })
}

describe("a VM that comes or goes while gc looks", () => {
  it("is no orphan when it comes", async () => {
    using machine = makeMachine()
    await using other = machine.vmnet()
    await other.status()
    await using vmnet = meanwhile(machine, "before", () => other.up({ vm: "a" }))
    await vmnet.gc()
    assert.deepStrictEqual(
      (await vmnet.list()).map(({ state, vm }) => `${vm} ${state}`),
      ["a active"]
    )
    assert.isUndefined((await vmnet.status()).lost)
  })

  it("is none when it goes", async () => {
    using machine = makeMachine()
    await using other = machine.vmnet()
    await other.up({ vm: "a" })
    // Something to look at twice.
    await ghost(machine)
    await using vmnet = meanwhile(machine, "after", () => other.down("a", { wait: true }))
    await vmnet.gc()
    assert.deepStrictEqual(
      (await vmnet.list()).map(({ vm }) => vm),
      ["ghost"]
    )
    await vmnet.down("ghost", { wait: true })
    assert.deepStrictEqual((await vmnet.status()).networks, 0)
  })

  it("is none when it has come and is gone again", async () => {
    using machine = makeMachine()
    await using other = machine.vmnet()
    await other.status()
    await using vmnet = meanwhile(machine, "before", async () => {
      await other.up({ vm: "a" })
      const { kernel } = machine
      const seen = kernel.snapshot()["host"]!.links.find(({ alias }) => alias.includes(":a:"))!
      await other.down("a", { wait: true })
      // As it was seen a moment ago.
      kernel.foreign.link(hostNetns, { link: seen.link, type: "tun", alias: seen.alias })
    })
    await vmnet.gc()
    assert.deepStrictEqual(await vmnet.list(), [])
  })

  it("is no share of nobody's, that somebody was about to record and has removed again", async () => {
    using machine = makeMachine()
    await using vmnet = machine.vmnet()
    const { install } = await vmnet.status()
    using database = new DatabaseSync(join(machine.stateDir, "ledger.db"))
    // Reserved: he has the hold, and not yet the share.
    database.exec("INSERT INTO generations VALUES ('a', 1); INSERT INTO holds VALUES ('net.web', 'a')")
    const alias = `vmnet:${install}:@net.web:0`
    machine.kernel.foreign.link(hostNetns, { link: "vmbaaaaaaaaaaaa", type: "bridge", alias })
    await ghost(machine)
    await using looking = meanwhile(machine, "after", async () => {
      database.exec("DELETE FROM holds")
    })
    const { actions } = await looking.gc()
    assert.deepStrictEqual(
      actions.filter(({ name }) => name !== "ghost"),
      []
    )
  })
})
