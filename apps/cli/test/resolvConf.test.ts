import { assert, describe, it } from "@effect/vitest"
import { bridgeBackend } from "@vmnet/backend-bridge"
import { Backends, layerLedgerSqlite, layerVmnet } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect, Layer } from "effect"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeCli } from "./support/cli.ts"

/** The real `Vmnet` over a kernel in memory, with a host that has these resolvers for its guests. */
const world = Effect.fnUntraced(function* (resolvers: ReadonlyArray<string> = ["198.51.100.53"], terminal?: number) {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "vmnet-resolv-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )
  chmodSync(directory, 0o700)
  const kernel = MemoryKernel.make()
  kernel.host.setResolvers(resolvers)
  const host = Layer.merge(kernel.layer, Backends.layerOf([bridgeBackend]))
  const ledger = layerLedgerSqlite({ stateDir: join(directory, "state"), install: "0123abcd" })
  const vmnet = layerVmnet.pipe(Layer.provide(ledger), Layer.provide(host))
  return { kernel, cli: makeCli({ engine: { host, vmnet }, ...(terminal !== undefined && { terminal }) }) }
})

describe("resolv-conf", () => {
  it.effect("says what is mounted where, the same each time, and show lists it", () =>
    Effect.gen(function* () {
      const { kernel, cli } = yield* world()
      kernel.rootfs.add("/srv/box")
      yield* cli("up", "vm1")
      const run = yield* cli("resolv-conf", "vm1", "--rootfs", "/srv/box")
      assert.deepStrictEqual([run.code, run.stderr], [0, ""])
      assert.deepStrictEqual(JSON.parse(run.stdout), {
        vm: "vm1",
        rootfs: "/srv/box",
        path: "/srv/box/etc/resolv.conf",
        nameservers: ["198.51.100.53"]
      })
      assert.strictEqual((yield* cli("resolv-conf", "--rootfs=/srv/box", "vm1")).stdout, run.stdout)
      const { resources } = JSON.parse((yield* cli("show", "vm1")).stdout)
      assert.deepInclude(resources, { kind: "ResolvConf", what: "resolv conf /srv/box", state: "present" })
      assert.strictEqual((yield* cli("down", "vm1")).code, 0)
      assert.isNull(kernel.rootfs.content("/srv/box"))
    })
  )

  it.effect("is a table for people, in which a hostile name does nothing", () =>
    Effect.gen(function* () {
      const { kernel, cli } = yield* world(["198.51.100.53", "203.0.113.53"], 100)
      kernel.rootfs.add("/srv/\u001b[31mbox\n")
      yield* cli("up", "vm1")
      const { stdout } = yield* cli("resolv-conf", "vm1", "--rootfs", "/srv/\u001b[31mbox\n")
      assert.notInclude(stdout, "\u001b[31m")
      assert.match(
        stdout,
        /^VM +vm1\nmounted at +\/srv\/.*box.*\/etc\/resolv\.conf\nDNS +198\.51\.100\.53, 203\.0\.113\.53\n$/
      )
      assert.notInclude((yield* cli("show", "vm1")).stdout, "\u001b[31m")
    })
  )

  it.effect.each([
    { argv: ["vm1", "--rootfs", "srv/box"], code: 2, words: "is not an absolute path" },
    { argv: ["vm1", "--rootfs", ""], code: 2, words: "is not an absolute path" },
    { argv: ["vm1", "--rootfs", "/srv/nowhere"], code: 2, words: "there is no such directory" },
    { argv: ["vm1", "--rootfs", "/"], code: 2, words: "the host's own root" },
    { argv: ["vm1"], code: 2, words: "--rootfs is missing" },
    { argv: ["--rootfs", "/srv/box"], code: 2, words: "VM is missing" },
    { argv: ["Not A Name", "--rootfs", "/srv/box"], code: 2, words: "VM" },
    { argv: ["vm9", "--rootfs", "/srv/box"], code: 3, words: "no VM called vm9" },
    { argv: ["vm1", "--rootfs", "/srv/box", "-o", "qemu"], code: 2, words: "-o qemu" },
    { argv: ["vm1", "--rootfs", "/srv/box", "--backend", "bridge"], code: 2, words: "--backend does not apply" }
  ])("$argv ends with exit code $code", ({ argv, code, words }) =>
    Effect.gen(function* () {
      const { kernel, cli } = yield* world()
      kernel.rootfs.add("/srv/box")
      yield* cli("up", "vm1")
      const before = kernel.rootfs.view()
      const run = yield* cli("resolv-conf", ...argv)
      assert.deepStrictEqual([run.code, run.stdout, run.stderr.includes(words)], [code, "", true], run.stderr)
      assert.deepStrictEqual(kernel.rootfs.view(), before)
    })
  )
})

describe("a host without a resolver for its guests", () => {
  it.effect("is told of by up on stderr, and the guest of none", () =>
    Effect.gen(function* () {
      const { kernel, cli } = yield* world([])
      kernel.rootfs.add("/srv/box")
      const up = yield* cli("up", "vm1")
      assert.deepStrictEqual([up.code, JSON.parse(up.stdout).guest.dns], [0, []])
      assert.match(up.stderr, /^vmnet: note: network bridge has no resolver: its guests are told of none.*\n$/)
      assert.strictEqual((yield* cli("up", "vm1", "--json")).stderr, "")
      const run = yield* cli("resolv-conf", "vm1", "--rootfs", "/srv/box", "--json")
      const { error } = JSON.parse(run.stderr)
      assert.deepStrictEqual([run.code, error.code], [2, "BAD_INPUT"])
      assert.include(error.hint, "networks.bridge.dns")
    })
  )
})
