import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { configOf } from "../src/facade/configOf.ts"

const network = (subnet: string) => JSON.stringify({ networks: { lan: { backend: "bridge", subnet } } })

describe("a configuration", () => {
  it.effect("that stays as it is, is read once", () =>
    Effect.gen(function* () {
      const config = configOf({ config: { text: network("10.60.0.0/24") } })
      assert.strictEqual(yield* config, yield* config)
      const wrong = configOf({ config: { text: "networks: 1" } })
      assert.strictEqual((yield* Effect.flip(wrong)).code, "CONFIG_INVALID")
      assert.strictEqual((yield* Effect.flip(wrong)).code, "CONFIG_INVALID")
    })
  )

  it.effect("that is a file, is read again each time", () =>
    Effect.gen(function* () {
      const directory = mkdtempSync(join(tmpdir(), "vmnet-config-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(directory, { recursive: true })))
      const file = join(directory, "config.yaml")
      writeFileSync(file, network("10.60.0.0/24"))
      const config = configOf({ config: file })
      const first = yield* config
      writeFileSync(file, network("10.61.0.0/24"))
      assert.notDeepEqual(yield* config, first)
    })
  )
})
