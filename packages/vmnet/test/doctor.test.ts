import { assert, it } from "@effect/vitest"
import { seen } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createVmnet } from "vmnet"

it("doctor finds what is wrong with the kernel it was given, and makes no state directory", async () => {
  const parent = mkdtempSync(join(tmpdir(), "vmnet-doctor-"))
  const stateDir = join(parent, "state")
  const kernel = MemoryKernel.make()
  kernel.host.setFacts({ tun: seen(null) })
  await using vmnet = createVmnet({ kernel, stateDir, config: {} })
  const { findings } = await vmnet.doctor()
  const problems = findings.filter(({ status }) => status === "problem")
  assert.deepStrictEqual(
    problems.map(({ check, fix }) => [check, fix]),
    [["tun", "modprobe tun"]]
  )
  assert.isFalse(existsSync(stateDir))
  rmSync(parent, { recursive: true })
})
