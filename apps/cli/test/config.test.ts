import { assert, describe, it } from "@effect/vitest"
import { Backends, HostProbe, Vmnet } from "@vmnet/core"
import { Effect, FileSystem, Layer } from "effect"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { rmSync } from "node:fs"
import { NodeServices } from "@effect/platform-node"
import { builtinBackends } from "vmnet/effect"
import { makeCli, probe } from "./support/cli.ts"

const good = `networks:
  web: { backend: bridge, subnet: 10.9.8.0/24, dns: [198.51.100.53] }
vms:
  api: { network: web, publish: ["8080:80"] }
forwarding: require
`

const withFile = Effect.fn("withFile")(function* (text: string) {
  const fs = yield* FileSystem.FileSystem
  const file = yield* fs.makeTempFileScoped({ suffix: ".yaml" })
  yield* fs.writeFileString(file, text)
  return file
}, Effect.provide(NodeServices.layer))

describe("config", () => {
  it.effect("check tells a good file from a bad one, with every problem's line and column", () =>
    Effect.gen(function* () {
      const file = yield* withFile(good)
      const ok = yield* makeCli()("config", "check", "--config", file)
      assert.deepStrictEqual(JSON.parse(ok.stdout), { file, valid: true, networks: 1, vms: 1 })
      const broken = yield* withFile("networks:\n  web: { subnet: 10.9.8.7/24, nmu: 5 }\nvms: { A: {} }\n")
      const bad = yield* makeCli()("--config", broken, "config", "check")
      assert.deepStrictEqual([bad.code, bad.stdout], [2, ""])
      assert.include(bad.stderr, `${broken}:2:`)
      assert.include(bad.stderr, `${broken}:3:`)
      const { error } = JSON.parse((yield* makeCli()("--config", broken, "config", "check", "--json")).stderr)
      assert.strictEqual(error.code, "CONFIG_INVALID")
      assert.isAtLeast(error.details.problems.length, 3)
    })
  )

  it.effect("check refuses what up of a VM would refuse", () =>
    Effect.gen(function* () {
      const host = Layer.merge(Layer.succeed(HostProbe, probe), Backends.layerOf(builtinBackends))
      const cli = makeCli({ engine: { host, vmnet: Layer.mock(Vmnet, {}) } })
      const file = yield* withFile(
        "networks:\n  lan: { backend: tap, bridge: br0 }\nvms:\n  a: { network: lan, egress: none }\n"
      )
      const run = yield* cli("config", "check", "--config", file)
      assert.deepStrictEqual([run.code, run.stdout], [2, ""])
      assert.include(run.stderr, `${file}:4:6 vms.a: cannot honour an egress policy on bridge br0`)
    })
  )

  it.effect("show fills defaults in, and is itself a configuration that means the same", () =>
    Effect.gen(function* () {
      const file = yield* withFile(good)
      const { stdout } = yield* makeCli({ env: { VMNET_CONFIG: file } })("config", "show")
      const { networks, vms, forwarding } = JSON.parse(stdout)
      assert.deepStrictEqual(
        [forwarding, networks.web.gateway, networks.web.mtu, vms.api.publish],
        ["require", "10.9.8.1", 1500, ["8080:80/tcp"]]
      )
      const table = yield* makeCli({ terminal: 100 })("config", "show", "--config", file)
      assert.isTrue(table.stdout.startsWith(`# ${file}, defaults filled in\nnetworks:\n  web:\n    backend: bridge\n`))
      const again = yield* withFile(table.stdout)
      assert.strictEqual((yield* makeCli()("config", "show", "--config", again)).stdout, stdout)
    })
  )

  it.effect("schema is JSON on a terminal too", () =>
    Effect.gen(function* () {
      for (const world of [{}, { terminal: 80 }]) {
        const schema = JSON.parse((yield* makeCli(world)("config", "schema")).stdout)
        assert.include(JSON.stringify(schema), "networks")
      }
    })
  )

  it.effect("the default file may be absent; one that is named may not", () =>
    Effect.gen(function* () {
      const absent = yield* makeCli()("config", "check")
      assert.deepStrictEqual(JSON.parse(absent.stdout), { file: null, valid: true, networks: 0, vms: 0 })
      const flag = yield* makeCli()("up", "vm1", "--config", "/nonexistent/vmnet.yaml")
      assert.deepStrictEqual([flag.code, flag.stdout, flag.stateDirs.length], [2, "", 0])
      assert.match(flag.stderr, /^vmnet: configuration file \/nonexistent\/vmnet.yaml does not exist$/m)
      const variable = yield* makeCli({ env: { VMNET_CONFIG: "/nonexistent/vmnet.yaml" } })("up", "vm1")
      assert.strictEqual(variable.code, 2)
    })
  )

  it.effect("a file without an end is refused, not read to it", () =>
    Effect.gen(function* () {
      const run = yield* makeCli()("config", "check", "--config", "/dev/zero")
      assert.strictEqual(run.code, 2)
    })
  )

  it.live("a pipe will do: --config <(...)", () =>
    Effect.gen(function* () {
      const file = yield* withFile("")
      rmSync(file)
      execFileSync("mkfifo", [file])
      const writer = spawn("sh", ["-c", `printf 'networks: { web: { subnet: 10.9.8.0/24 } }' > "$1"`, "sh", file])
      const run = yield* makeCli()("config", "check", "--config", file)
      assert.deepStrictEqual(JSON.parse(run.stdout), { file, valid: true, networks: 1, vms: 0 })
      assert.strictEqual(yield* Effect.promise(async () => writer.exitCode ?? (await once(writer, "exit"))[0]), 0)
    })
  )

  it.effect("a directory is no configuration", () =>
    Effect.gen(function* () {
      const run = yield* makeCli()("config", "check", "--config", "/tmp")
      assert.deepStrictEqual([run.code, run.stdout], [2, ""])
      assert.match(run.stderr, /^vmnet: \/tmp cannot be read: EISDIR/)
    })
  )

  it.effect("network ls lists what is configured", () =>
    Effect.gen(function* () {
      const file = yield* withFile(good)
      const { stdout } = yield* makeCli()("network", "ls", "--config", file)
      assert.deepStrictEqual(
        JSON.parse(stdout).networks.map((one: { network: string }) => one.network),
        ["bridge", "web"]
      )
    })
  )
})

describe("up", () => {
  it.effect("makes its request of flags over configuration over defaults", () =>
    Effect.gen(function* () {
      const file = yield* withFile(good)
      const cli = makeCli({ env: { VMNET_CONFIG: file } })
      const { code, vmnet } = yield* cli("up", "api", "--ip", "10.9.8.7", "--owner-pid", "4242", "-p9000:90/udp")
      assert.strictEqual(code, 0)
      const request = vmnet.requests.get("api")
      assert.deepStrictEqual(
        [request?.network.network, request?.address, request?.forwarding, request?.owner],
        ["web", "10.9.8.7", "require", { pid: 4242, startTime: "77", bootId: "boot" }]
      )
      assert.deepStrictEqual(request?.publish, [
        { protocol: "udp", hostAddress: null, hostPort: 9000, guestPort: 90, count: 1 }
      ])
    })
  )

  it.effect("tells all problems at once", () =>
    Effect.gen(function* () {
      const run = yield* makeCli()("up", "VM1", "--ip", "10.0.42", "--mac", "xx", "-p", "80:99999", "--owner-pid", "0")
      assert.deepStrictEqual([run.code, run.stdout, run.stateDirs.length], [2, "", 0])
      for (const word of ["VM1", "--ip", "--mac", "--publish", "--owner-pid"]) assert.include(run.stderr, word)
    })
  )
})
