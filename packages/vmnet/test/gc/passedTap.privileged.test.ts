import { assert, layer } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Layer } from "effect"
import { existsSync, rmSync } from "node:fs"
import { createVmnet, type Vmnet } from "vmnet"
import { onHost } from "../support/onHost.ts"
import { passedTap } from "./passedTap.ts"

const loseRecord = (): void => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`/run/vmnet/ledger.db${suffix}`, { force: true })
}

const leases = ({ actions }: Awaited<ReturnType<Vmnet["gc"]>>) =>
  actions.filter(({ kind }) => kind === "Lease").map(({ action, reason }) => [action, reason])

layer(Layer.orDie(PrivateHost.layer()), { excludeTestServices: true, timeout: "120 seconds" })((it) => {
  it.effect("a slot whose record is lost stays while somebody outside of it has its TAP open", () =>
    onHost([], async () => {
      await using vmnet = createVmnet({ config: { forwarding: "require" } })
      const { device } = await (async () => {
        await using first = createVmnet({ config: {} })
        return await first.up({ vm: "clone", backend: "netns" })
      })()
      const netns = device.netns!
      loseRecord()
      await (async () => {
        await using _ = await passedTap(netns, device.name)
        for (const dryRun of [true, false]) {
          assert.deepStrictEqual(leases(await vmnet.gc({ forceHeuristic: true, dryRun })), [
            ["skipped", "in use: its record was lost, and a process has a TAP in its netns vmnet-1 open"]
          ])
        }
        assert.isTrue(existsSync(netns))
      })()
      const [[action]] = leases(await vmnet.gc({ forceHeuristic: true })) as [[string]]
      assert.deepStrictEqual([action, existsSync(netns)], ["deleted", false])
    })
  )
})
