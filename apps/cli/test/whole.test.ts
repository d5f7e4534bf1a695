import { assert, it } from "@effect/vitest"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { Attachment, Backends, layerLedgerSqlite, layerVmnet } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect, Layer, Schema } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeCli } from "./support/cli.ts"

const decode = Schema.decodeUnknownEffect(Attachment, { onExcessProperty: "error" })

/** The real `Vmnet` over its real ledger and a kernel in memory. */
const wholeVmnet = Effect.acquireRelease(
  Effect.sync(() => {
    const parent = mkdtempSync(join(tmpdir(), "vmnet-whole-"))
    chmodSync(parent, 0o700)
    const kernel = MemoryKernel.make()
    kernel.host.setResolvers(["198.51.100.53"])
    const host = Layer.merge(kernel.layer, Backends.layerOf([bridgeBackend]))
    const vmnet = layerVmnet.pipe(
      Layer.provide(layerLedgerSqlite({ stateDir: join(parent, "state"), install: "0123abcd" })),
      Layer.provide(host)
    )
    return { parent, kernel, world: { engine: { host, vmnet } } }
  }),
  ({ parent }) => Effect.sync(() => rmSync(parent, { recursive: true }))
)

it.effect("a VM's life, from up to a host as it was before", () =>
  Effect.gen(function* () {
    const { kernel, world } = yield* wholeVmnet
    const cli = makeCli(world)
    const before = kernel.snapshot()
    const dry = yield* cli("up", "vm1", "-p", "8080:80", "--dry-run")
    assert.deepStrictEqual([dry.code, dry.stderr], [0, ""])
    assert.deepStrictEqual(kernel.snapshot(), before)

    const up = yield* cli("up", "vm1", "-p", "8080:80")
    assert.deepStrictEqual([up.code, up.stderr], [0, ""])
    const attachment = yield* decode(JSON.parse(up.stdout))
    const planned = JSON.parse(dry.stdout).plan.attachment
    assert.deepStrictEqual(planned.guest, attachment.guest)
    assert.strictEqual((yield* cli("up", "vm1", "-p", "8080:80")).stdout, up.stdout)
    assert.strictEqual((yield* cli("up", "vm1")).code, 4)
    assert.strictEqual((yield* cli("up", "vm2", "-p", "8080:80")).code, 4)
    assert.deepStrictEqual(JSON.parse((yield* cli("ls")).stdout), { vms: [attachment] })

    const published = yield* cli("publish", "vm1", "127.0.0.1:5000-5003:5000/udp")
    assert.strictEqual(JSON.parse(published.stdout).publish.length, 2)
    assert.strictEqual((yield* cli("unpublish", "vm1", "9999:80")).code, 3)
    assert.strictEqual((yield* cli("unpublish", "vm1", "8080:80")).code, 0)
    assert.strictEqual(JSON.parse((yield* cli("show", "vm1")).stdout).publish.length, 1)
    assert.strictEqual((yield* cli("network", "rm", "bridge")).code, 4)

    const down = yield* cli("down", "vm1", "vm9")
    assert.deepStrictEqual(JSON.parse(down.stdout), {
      vms: [
        { vm: "vm1", outcome: "removed" },
        { vm: "vm9", outcome: "absent" }
      ]
    })
    assert.deepStrictEqual(kernel.snapshot(), before)
    assert.strictEqual((yield* cli("show", "vm1")).code, 3)
    assert.strictEqual((yield* cli("network", "rm", "bridge")).code, 0)
  })
)
