import { assert, describe, it } from "@effect/vitest"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { notInstalled } from "../bootstrap/debianPackages.mjs"
import { onceFor } from "../bootstrap/stamp.mjs"

describe("Debian packages", () => {
  it("count as missing when unknown, removed or half-configured", () => {
    const listing = "cpio\tinstalled\niproute2\tconfig-files\npasst\thalf-configured\n"
    assert.deepStrictEqual(notInstalled(["cpio", "iproute2", "passt", "nftables"], listing), [
      "iproute2",
      "passt",
      "nftables"
    ])
  })
})

describe("work that is done once for its inputs", () => {
  const withFiles = async (use: (input: string, mark: string) => Promise<void>) => {
    const directory = mkdtempSync(join(tmpdir(), "vmnet-once-"))
    const input = join(directory, "input")
    writeFileSync(input, "1")
    await use(input, join(directory, "deep", "mark"))
    rmSync(directory, { recursive: true })
  }

  it("is done again only when an input changes", () =>
    withFiles(async (input, mark) => {
      let runs = 0
      const run = () =>
        onceFor({
          mark,
          inputs: [input],
          work: async () => {
            runs += 1
          }
        })
      await run()
      await run()
      assert.strictEqual(runs, 1)
      writeFileSync(input, "2")
      await run()
      assert.strictEqual(runs, 2)
    }))

  it("is done again after it failed", () =>
    withFiles(async (input, mark) => {
      await onceFor({ mark, inputs: [input], work: async () => {} })
      writeFileSync(input, "2")
      const failing = onceFor({ mark, inputs: [input], work: () => Promise.reject(new Error("no network")) })
      assert.strictEqual(await failing.then(() => "done", String), "Error: no network")
      assert.isFalse(existsSync(mark))
    }))
})
