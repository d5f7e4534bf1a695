import { assert, it } from "@effect/vitest"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { Backends, layerLedgerSqlite, layerVmnet } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeCli, type Run } from "../support/cli.ts"
import { attachmentOf } from "../support/fakeVmnet.ts"

const ofTap = ["firecracker", "qemu", "cloud-hypervisor", "kernel-args"]

/** The real `Vmnet` over a kernel in memory that has an empty namespace. */
const world = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "vmnet-output-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
  ),
  (directory) => {
    chmodSync(directory, 0o700)
    const kernel = MemoryKernel.make()
    kernel.host.setResolvers(["198.51.100.53"])
    kernel.addNetns("/run/netns/box")
    const host = Layer.merge(kernel.layer, Backends.layerOf([bridgeBackend]))
    const ledger = layerLedgerSqlite({ stateDir: join(directory, "state"), install: "0123abcd" })
    const vmnet = layerVmnet.pipe(Layer.provide(ledger), Layer.provide(host))
    return { kernel, cli: makeCli({ engine: { host, vmnet } }) }
  }
)

const refused = (run: Run, format: string) => {
  assert.deepStrictEqual([run.code, run.stdout], [2, ""])
  const { error } = JSON.parse(run.stderr)
  assert.deepStrictEqual([error.code, error.details.format], ["OPTION_UNSUPPORTED", format])
}

it.effect("up for a container with a VMM's output is refused before anything changes", () =>
  Effect.gen(function* () {
    const { kernel, cli } = yield* world
    const before = kernel.snapshot()
    for (const format of ofTap) {
      refused(yield* cli("up", "box", "--netns", "/run/netns/box", "--json", "-o", format), format)
      assert.deepStrictEqual(kernel.snapshot(), before)
      assert.deepStrictEqual(JSON.parse((yield* cli("ls")).stdout), { vms: [] })
    }
    const up = yield* cli("up", "box", "--netns", "/run/netns/box", "-o", "cloud-init")
    assert.deepStrictEqual([up.code, up.stderr], [0, ""])
  })
)

it.effect("so are show, publish and unpublish, and what is published stays", () =>
  Effect.gen(function* () {
    const { kernel, cli } = yield* world
    yield* cli("up", "box", "--netns", "/run/netns/box", "-p", "8080:80")
    const before = kernel.snapshot()
    for (const format of ofTap) {
      refused(yield* cli("show", "box", "--json", "-o", format), format)
      refused(yield* cli("publish", "box", "9090:90", "--json", "-o", format), format)
      refused(yield* cli("unpublish", "box", "8080:80", "--json", "-o", format), format)
    }
    assert.deepStrictEqual(kernel.snapshot(), before)
    assert.strictEqual(JSON.parse((yield* cli("show", "box")).stdout).publish.length, 1)
  })
)

it.effect("up, publish and unpublish of a VM answer in the words of its VMM", () =>
  Effect.gen(function* () {
    const { cli } = yield* world
    for (const argv of [
      ["up", "vm1"],
      ["up", "vm1"],
      ["publish", "vm1", "80:80"],
      ["unpublish", "vm1", "80:80"]
    ]) {
      const run = yield* cli(...argv, "-o", "cloud-hypervisor")
      assert.deepStrictEqual([run.code, run.stderr], [0, ""])
      assert.match(run.stdout, /^tap=vmt[a-z2-7]{12},mac=02:[0-9a-f:]{14}\n$/)
    }
  })
)

it.effect("a person is told what the device is and what to do", () =>
  Effect.gen(function* () {
    const device = { kind: "veth", name: "eth0", netns: "/run/netns/box", mac: null } as const
    const { stderr } = yield* makeCli({ attachments: [attachmentOf("box", { device })] })("show", "box", "-o", "qemu")
    assert.strictEqual(
      stderr,
      "vmnet: -o qemu: a VMM opens a TAP, and the device of box is a veth\n" +
        "Use -o json, env or cloud-init; a TAP is what up makes without --netns and --pid.\n"
    )
  })
)

it.effect("the formats of one VM are refused elsewhere before anything is done", () =>
  Effect.gen(function* () {
    const cli = makeCli({ attachments: [attachmentOf("vm1")] })
    for (const format of [...ofTap, "cloud-init"]) {
      for (const argv of [["ls"], ["down", "vm1"], ["up", "vm2", "--dry-run"]]) {
        const { code, stdout, stateDirs } = yield* cli(...argv, "-o", format)
        assert.deepStrictEqual([code, stdout, stateDirs.length], [2, "", 0])
      }
    }
  })
)
