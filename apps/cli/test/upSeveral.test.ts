import { assert, describe, it } from "@effect/vitest"
import { VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { makeCli, type Run } from "./support/cli.ts"
import { attachmentOf } from "./support/fakeVmnet.ts"

const vmsOf = (run: Run): ReadonlyArray<string> => JSON.parse(run.stdout).vms.map(({ vm }: { vm: string }) => vm)

/** A file with this text, gone with the scope. */
const fileWith = (text: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "vmnet-vms-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true }))
    ),
    (directory) => {
      const file = join(directory, "vms.yaml")
      writeFileSync(file, text)
      return file
    }
  )

const names: ReadonlyArray<readonly [argv: ReadonlyArray<string>, names: ReadonlyArray<string>]> = [
  [
    ["web", "--count", "3"],
    ["web1", "web2", "web3"]
  ],
  [
    ["--count", "2", "--name-template", "a{}.b"],
    ["a1.b", "a2.b"]
  ],
  [
    ["--count", "2", "--name-template", "n{:03}"],
    ["n001", "n002"]
  ],
  [["web", "--count", "1"], ["web1"]]
]

const mistakes: ReadonlyArray<readonly [argv: ReadonlyArray<string>, message: RegExp]> = [
  [["--count", "2"], /^vmnet: VM is missing \(or --name-template\)$/m],
  [["web", "--name-template", "x{}"], /^vmnet: --name-template needs --count$/m],
  [["web", "--count", "2", "--name-template", "x{}"], /give VM or --name-template, not both/],
  [["--file", "vms.yaml", "--count", "2"], /give --file or --count, not both/],
  [["web", "--file", "vms.yaml"], /--file names the VMs: give no VM beside it/],
  [["web", "--count", "0"], /^vmnet: --count "0": must be a whole number from 1 to 10000$/m],
  [["web", "--count", "2.5"], /--count "2\.5": must be a whole number/],
  [["--count", "2", "--name-template", "web"], /--name-template "web": must have \{\} once/],
  [["--count", "2", "--name-template", "{}{}"], /must have \{\} once/],
  [["--count", "2", "--name-template", "{:4}x"], /must have \{\} once/],
  [["--count", "2", "--name-template", "Web{}"], /VM name "Web1": "W" at position 1 is not allowed/],
  [["web", "--count", "2", "-o", "qemu"], /-o qemu prints the attachment of one VM/],
  [["--file", "/nonexistent/vms.yaml"], /^vmnet: --file \/nonexistent\/vms\.yaml does not exist$/m]
]

const forOne: ReadonlyArray<readonly [argv: ReadonlyArray<string>, flag: string]> = [
  [["--ip", "10.0.42.9"], "--ip 10.0.42.9"],
  [["--mac", "02:00:00:00:00:01"], "--mac 02:00:00:00:00:01"],
  [["--slot", "3"], "--slot 3"],
  [["--netns", "/run/netns/a"], "--netns /run/netns/a"],
  [["--pid", "4242"], "--pid 4242"],
  [["-p", "8080:80"], "--publish 8080:80"],
  [["--dry-run"], "--dry-run"]
]

describe("vmnet up --count", () => {
  it.effect.each(names)("%j: names them by number", ([argv, expected]) =>
    Effect.gen(function* () {
      const run = yield* makeCli()("up", ...argv, "--egress", "198.51.100.0/24")
      assert.deepStrictEqual([run.code, run.stderr], [0, ""])
      assert.deepStrictEqual(vmsOf(run), expected)
      for (const vm of expected) assert.strictEqual(run.vmnet.requests.get(vm)?.egress._tag, "Allow")
    })
  )

  it.effect.each(mistakes)("%j: exit 2, and nothing is done", ([argv, message]) =>
    Effect.gen(function* () {
      const run = yield* makeCli()("up", ...argv)
      assert.deepStrictEqual([run.code, run.stdout, run.stateDirs.length], [2, "", 0])
      assert.match(run.stderr, message)
    })
  )

  it.effect.each(forOne)("%j is refused by name for more than one", ([argv, flag]) =>
    Effect.gen(function* () {
      const run = yield* makeCli()("up", "web", "--count", "3", ...argv)
      assert.deepStrictEqual([run.code, run.stdout, run.stateDirs.length], [2, "", 0])
      assert.include(run.stderr, `vmnet: ${flag} is for one VM, not for 3\n`)
      if (flag !== "--dry-run" && flag !== "--slot 3") {
        assert.strictEqual((yield* makeCli()("up", "web", "--count", "1", ...argv)).code, 0)
      }
    })
  )

  it.effect("tells of each that fails, and ends as the first of them says", () =>
    Effect.gen(function* () {
      const fail = {
        "up web2": new VmnetError({ code: "PORT_IN_USE", detail: "web2: port 80 is taken", hint: "another" }),
        "up web3": new VmnetError({ code: "STEP_FAILED", detail: "web3: create tap failed" })
      }
      const run = yield* makeCli({ fail })("up", "web", "--count", "4", "--json")
      assert.strictEqual(run.code, 4)
      assert.deepStrictEqual(vmsOf(run), ["web1", "web4"])
      assert.deepStrictEqual(JSON.parse(run.stdout).failed, [
        {
          vm: "web2",
          error: { code: "PORT_IN_USE", message: "web2: port 80 is taken", details: {}, hint: "another" }
        },
        { vm: "web3", error: { code: "STEP_FAILED", message: "web3: create tap failed", details: {}, hint: null } }
      ])
      assert.strictEqual(JSON.parse(run.stderr).error.code, "PORT_IN_USE")
      const table = yield* makeCli({ fail, terminal: 120 })("up", "web", "--count", "4")
      assert.match(table.stdout, /^web1 +active .*\nweb2 +failed\nweb3 +failed\nweb4 +active/m)
      assert.strictEqual(
        table.stderr,
        "2 up, 2 failed\nvmnet: web2: port 80 is taken\nanother\nvmnet: web3: create tap failed\n"
      )
    })
  )

  it.effect("says how many came up, and how far it is", () =>
    Effect.gen(function* () {
      const attachments = [attachmentOf("web2")]
      const run = yield* makeCli({ terminal: 100, attachments })("up", "web", "--count", "4")
      assert.strictEqual(run.stderr, "3 up, 1 up already\n")
      assert.include(run.drawn, "[--------------------]   0% web1: reserve")
      assert.include(run.drawn, "[###############-----]  75% web4: create tap")
    })
  )
})

describe("vmnet up --file", () => {
  it.effect("attaches what a mapping names, its settings over those of the configuration", () =>
    Effect.gen(function* () {
      const config = yield* fileWith("vms: { api: { egress: none, publish: ['1:1'] }, other: {} }")
      const file = yield* fileWith("api: { publish: ['8080:80'] }\nweb:\n")
      const run = yield* makeCli()("up", "--file", file, "--config", config, "--egress", "198.51.100.0/24")
      assert.deepStrictEqual([run.code, run.stderr], [0, ""])
      assert.deepStrictEqual(vmsOf(run), ["api", "web"])
      const { egress, publish } = run.vmnet.requests.get("api")!
      assert.deepStrictEqual([publish.map(({ hostPort }) => hostPort), egress._tag], [[8080], "Allow"])
    })
  )

  it.effect("attaches what a list names", () =>
    Effect.gen(function* () {
      const file = yield* fileWith("- api\n- { vm: web, publish: ['8080:80'] }\n")
      const run = yield* makeCli()("up", "--file", file)
      assert.deepStrictEqual(vmsOf(run), ["api", "web"])
      assert.strictEqual(run.vmnet.requests.get("web")!.publish[0]!.hostPort, 8080)
    })
  )

  const wrong: ReadonlyArray<readonly [text: string, lines: ReadonlyArray<string>]> = [
    ["api: { publsh: [] }\n", ["1:8 vms.api.publsh: "]],
    ["api:\n  egress: nowhere\nWeb: {}\n", ["2:11 vms.api.egress: ", "3:1 vms.Web: "]],
    ["- api\n- api\n", ["2:3 [1]: api is named twice"]],
    ["- vm: api\n- { publish: [] }\n- 7\n", ["2:3 [1]: vm is missing", "3:3 [2]: must be a name or a mapping"]],
    ["- vm: B!\n- { vm: a, ip: 10.0.43.1 }\n", ["1:7 vms[", "2:16 vms.a.ip: "]],
    ["a: { publish: ['80:80'] }\nb: { publish: ['80:80'] }\n", ["2:16 vms.b.publish[0]: "]],
    ["", ["1:1 there is no VM in it"]],
    ["[]", ["1:1 there is no VM in it"]],
    ["seven", ["1:1 the file must be a list or a mapping of VMs"]],
    ["a: [\n", ["2:1 "]],
    ["a: { network: nowhere }\n", ["1:15 vms.a.network: there is no network"]]
  ]

  it.effect.each(wrong)("%j: told with line and column, and nothing is done", ([text, lines]) =>
    Effect.gen(function* () {
      const file = yield* fileWith(text)
      const run = yield* makeCli()("up", "--file", file)
      assert.deepStrictEqual([run.code, run.stdout, run.stateDirs.length], [2, "", 0])
      const found = run.stderr.split("\n").slice(0, lines.length)
      for (const [index, line] of lines.entries()) assert.include(found[index], `${file}:${line}`)
    })
  )

  it.effect("refuses what only one of several can have", () =>
    Effect.gen(function* () {
      const file = yield* fileWith("- a\n- b\n")
      const run = yield* makeCli()("up", "--file", file, "-p", "8080:80", "--dry-run")
      assert.deepStrictEqual([run.code, run.stateDirs.length], [2, 0])
      assert.include(run.stderr, "--publish 8080:80 is for one VM, not for 2\n--dry-run is for one VM, not for 2\n")
    })
  )
})
