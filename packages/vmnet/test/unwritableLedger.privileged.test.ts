import { assert, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { execFileSync } from "node:child_process"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createVmnet, type VmnetError } from "vmnet"
import { rejection } from "./support/machine.ts"
import { onHost } from "./support/onHost.ts"

/** A small file system of its own for the state directory: it can be full, and it can be read-only. */
const smallFileSystem = () => {
  const directory = mkdtempSync(join(tmpdir(), "vmnet-small-"))
  const mount = (...args: ReadonlyArray<string>) => execFileSync("mount", [...args, directory])
  mount("-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs")
  const ballast = join(directory, "ballast")
  return {
    stateDir: join(directory, "state"),
    /** Leaves only so many pages of 4 KiB. */
    fill: (pages: number) => {
      const file = openSync(ballast, "w")
      const page = Buffer.alloc(4096)
      let written = 0
      try {
        for (; written < 2000; written++) writeSync(file, page)
      } catch (cause) {
        assert.strictEqual((cause as NodeJS.ErrnoException).code, "ENOSPC")
      }
      closeSync(file)
      writeFileSync(ballast, Buffer.alloc(4096 * Math.max(0, written - pages)))
    },
    free: () => rmSync(ballast, { force: true }),
    readOnly: () => mount("-o", "remount,ro"),
    writable: () => mount("-o", "remount,rw"),
    [Symbol.dispose]: () => {
      execFileSync("umount", [directory])
      rmSync(directory, { recursive: true })
    }
  }
}

const failure = async (promise: Promise<unknown>) => (await rejection(promise)) as VmnetError

const snapshot = () => Effect.runPromise(Effect.provide(HostSnapshot.take(), Layer.empty))

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "120 seconds" })((it) => {
  for (const trouble of ["full", "read-only"] as const) {
    it.effect(`on a file system that is ${trouble} up changes nothing, the guest goes on, and down takes it down`, () =>
      onHost(["api", "new"], async ({ netnsOf, page, seenBy, serve }) => {
        using small = smallFileSystem()
        const { stateDir } = small
        const warnings: Array<string> = []
        const open = () => createVmnet({ stateDir, config: {}, onWarning: (words) => void warnings.push(words) })
        const published = "http://192.0.2.10:8080/"
        await (async () => {
          await using vmnet = open()
          await vmnet.up({ vm: "api", netns: netnsOf("api"), publish: "8080:80" })
        })()
        await serve("api")
        if (trouble === "full") small.fill(0)
        else small.readOnly()
        const during = await snapshot()
        await (async () => {
          await using vmnet = open()
          const error = await failure(vmnet.up({ vm: "new", netns: netnsOf("new") }))
          assert.deepStrictEqual([error.code, error.hint?.includes(stateDir)], ["LEDGER_FAILED", true])
          assert.strictEqual((await failure(vmnet.publish("api", "8090:80"))).code, "LEDGER_FAILED")
          assert.deepStrictEqual(HostSnapshot.diff(during, await snapshot()), [])
          assert.deepStrictEqual(
            (await vmnet.list()).map(({ state, vm }) => [vm, state]),
            [["api", "active"]]
          )
          const { findings } = await vmnet.doctor()
          const why = trouble === "full" ? "blocks" : "read-only"
          assert.deepInclude(
            findings.find(({ details }) => details["unwritable"] === why),
            { check: "state-directory", status: "problem" }
          )
          assert.deepInclude(
            findings.find(({ check }) => check === "leftovers"),
            { status: "ok" }
          )
          await vmnet.gc({ dryRun: true })
          assert.deepStrictEqual(
            warnings.filter((words) => words.includes("still on record")),
            []
          )
          assert.strictEqual(await page("lan", published), "api")
          assert.strictEqual(await seenBy(netnsOf("api")), "192.0.2.10")
          const { actions } = await vmnet.gc()
          assert.include(
            actions.map(({ reason, vm }) => `${vm} ${reason}`),
            "api in use: it has no owner process"
          )
          assert.strictEqual(await page("lan", published), "api")
          assert.strictEqual((await vmnet.down("api", { wait: true })).outcome, "removed")
          assert.strictEqual(await page("lan", published), null)
        })()
        if (trouble === "full") small.free()
        else small.writable()
        await using vmnet = open()
        assert.deepStrictEqual(
          (await vmnet.list()).map(({ vm }) => vm),
          ["api"]
        )
        assert.strictEqual((await vmnet.down("api", { wait: true })).outcome, "removed")
        assert.deepStrictEqual([await vmnet.list(), (await vmnet.gc()).actions], [[], []])
        await vmnet.up({ vm: "api", netns: netnsOf("api") })
        await vmnet.down("api", { wait: true })
      })
    )
  }

  it.effect("a disk that is full at any transaction of up leaves nothing that down does not take back", () =>
    onHost(["api"], async ({ netnsOf }) => {
      using small = smallFileSystem()
      const { stateDir } = small
      const counts = { up: 0, refused: 0 }
      await (async () => {
        await using first = createVmnet({ stateDir, config: {} })
        await first.status()
      })()
      const before = await snapshot()
      for (let pages = 0; pages < 112; pages += 4) {
        small.fill(pages)
        await (async () => {
          await using vmnet = createVmnet({ stateDir, config: {} })
          const [result] = await Promise.allSettled([
            vmnet.up({ vm: "api", netns: netnsOf("api"), publish: "8080:80" })
          ])
          if (result.status === "fulfilled") counts.up++
          else {
            counts.refused++
            assert.strictEqual((result.reason as VmnetError).code, "LEDGER_FAILED", `${pages} pages`)
          }
        })()
        small.free()
        await (async () => {
          await using vmnet = createVmnet({ stateDir, config: {} })
          await vmnet.down("api", { wait: true })
          await vmnet.gc()
          assert.deepStrictEqual(await vmnet.list(), [])
        })()
        // SQLite's log of the host's register is there while somebody has it open.
        assert.deepStrictEqual(HostSnapshot.diff(before, await snapshot()), [], `${pages} pages`)
      }
      assert.isAbove(counts.refused, 10)
      assert.isAbove(counts.up, 2)
    })
  )
})

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "120 seconds" })((it) => {
  it.effect("a state directory that is deleted under VMs of every backend takes nothing with it", () =>
    Effect.gen(function* () {
      // What it was is lost with the record: on a host that forwards there is nothing to be lost.
      const forward = "/proc/sys/net/ipv4/ip_forward"
      const found = readFileSync(forward, "utf8")
      writeFileSync(forward, "1")
      yield* onHost(["api"], async ({ netnsOf, page, seenBy, serve }) => {
        using small = smallFileSystem()
        const { stateDir } = small
        const guests = ["bridge", "netns", "tap", "slirp"] as const
        await (async () => {
          await using vmnet = createVmnet({ stateDir, config: {} })
          await vmnet.up({ vm: "api", netns: netnsOf("api"), publish: "8080:80" })
          for (const backend of guests) await vmnet.up({ vm: `vm-${backend}`, backend })
        })()
        await serve("api")
        rmSync(stateDir, { recursive: true })
        const names = ["api", "vm-bridge", "vm-netns", "vm-slirp", "vm-tap"]
        await (async () => {
          await using vmnet = createVmnet({ stateDir, config: {} })
          assert.deepStrictEqual(
            (await vmnet.list()).map(({ state, vm }) => [vm, state]),
            names.map((vm) => [vm, "failed"])
          )
          await vmnet.gc()
          assert.strictEqual(await page("lan", "http://192.0.2.10:8080/"), "api")
          for (const vm of names.slice(1)) assert.strictEqual((await vmnet.down(vm, { wait: true })).outcome, "removed")
          assert.strictEqual(await seenBy(netnsOf("api")), "192.0.2.10")
        })()
        writeFileSync(join(stateDir, "ledger.db"), "no database at all".repeat(100))
        await using vmnet = createVmnet({ stateDir, config: {} })
        assert.match((await failure(vmnet.down("api", { wait: true }))).hint ?? "", /vmnet gc/)
        await vmnet.gc()
        assert.strictEqual(await page("lan", "http://192.0.2.10:8080/"), "api")
        assert.strictEqual((await vmnet.down("api", { wait: true })).outcome, "removed")
        assert.deepStrictEqual(await vmnet.list(), [])
      })
      writeFileSync(forward, found)
    })
  )
})
