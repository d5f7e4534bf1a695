import { assert, describe, it } from "@effect/vitest"
import type { FirewallRule } from "@vmnet/core"
import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { parseKeyFile } from "../../src/survey/keyFile.ts"
import { parseLegacy, wordsOf } from "../../src/survey/legacyTables.ts"
import { look, namesIn, readText } from "../../src/survey/look.ts"
import { networkd, networkManager } from "../../src/survey/managers.ts"
import { nftRule } from "../../src/survey/nftRules.ts"
import { nftTables } from "../../src/survey/nftTables.ts"
import { parseRoutes } from "../../src/survey/routing.ts"
import { runningNames } from "../../src/survey/running.ts"

const none: FirewallRule = { in: null, out: null, states: null, conditional: false, verdict: null }
const device = (key: string, right: unknown, op = "==") => ({ match: { op, left: { meta: { key } }, right } })

describe("rules of nft", () => {
  it("devices, states and verdicts are read", () => {
    const rule = nftRule([
      device("iifname", { set: ["a", "vmb*"] }),
      device("oifname", "eth0", "!="),
      { match: { op: "in", left: { ct: { key: "state" } }, right: ["established", "related"] } },
      { counter: { packets: 0, bytes: 0 } },
      { jump: { target: "x" } }
    ])
    assert.deepStrictEqual(rule, {
      in: { names: ["a", "vmb*"], negated: false },
      out: { names: ["eth0"], negated: true },
      states: ["established", "related"],
      conditional: false,
      verdict: { _tag: "Jump", chain: "x" }
    })
  })

  it("what is not understood is a condition, never an unconditional drop", () => {
    for (const statement of [
      device("mark", 4),
      device("iifname", "@guests"),
      device("iifname", 7),
      { xt: { type: "match", name: "conntrack" } },
      { xt: null },
      { vmap: {} },
      { limit: {} },
      null,
      "drop",
      7,
      []
    ]) {
      assert.isTrue(nftRule([statement, { drop: null }]).conditional, JSON.stringify(statement))
    }
    assert.isTrue(nftRule("no list").conditional)
    assert.isTrue(nftRule([device("iifname", "a"), device("iifname", "b"), { drop: null }]).conditional)
  })

  it("targets and comments of iptables-nft", () => {
    assert.deepStrictEqual(nftRule([{ xt: { type: "target", name: "REJECT" } }]), {
      ...none,
      verdict: { _tag: "Drop" }
    })
    assert.deepStrictEqual(
      nftRule([{ xt: { type: "match", name: "comment" } }, { xt: { type: "target", name: "LOG" } }]),
      none
    )
  })

  it("tables of one name in two families stay apart, and hostile names are text", () => {
    const object = (kind: string, body: Readonly<Record<string, unknown>>) => ({ kind, body })
    const tables = nftTables([
      object("table", { family: "ip", name: "t" }),
      object("table", { family: "inet", name: "t" }),
      object("chain", { family: "ip", table: "t", name: "$(x)", hook: "forward", prio: 0, policy: "drop" }),
      object("chain", { family: "inet", table: "t", name: "$(x)", hook: 7, prio: "a", policy: {} }),
      object("rule", { family: "ip", table: "t", chain: "$(x)", expr: [{ drop: null }] })
    ])
    const [ip, inet] = tables.map(({ chains }) => chains)
    const [drop] = [{ ...none, verdict: { _tag: "Drop" } }]
    assert.deepStrictEqual(ip, [
      { chain: "$(x)", hook: "forward", priority: 0, policy: "drop", rules: [drop as FirewallRule] }
    ])
    assert.deepStrictEqual(inet, [{ chain: "$(x)", hook: null, priority: null, policy: null, rules: [] }])
  })
})

describe("rules of iptables-legacy", () => {
  const save = (...lines: ReadonlyArray<string>) =>
    parseLegacy(["# a comment", "*filter", ":FORWARD DROP [0:0]", ":mine - [0:0]", ...lines, "COMMIT", ""].join("\n"))
  const first = (line: string) => save(line)[0]!.chains[0]!.rules[0]

  it("chains with their hooks, and rules with what they are for", () => {
    const [table] = save("-A mine -j RETURN")
    assert.deepStrictEqual(
      table!.chains.map(({ chain, hook, policy, priority, rules }) => [chain, hook, policy, priority, rules.length]),
      [
        ["FORWARD", "forward", "drop", 0, 0],
        ["mine", null, null, null, 1]
      ]
    )
    assert.deepStrictEqual(first('-A FORWARD ! -i vmb+ -o e -m comment --comment "a \\"b -j DROP" -g mine'), {
      ...none,
      in: { names: ["vmb*"], negated: true },
      out: { names: ["e"], negated: false },
      verdict: { _tag: "Goto", chain: "mine" }
    })
    const states = first("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT")
    assert.deepStrictEqual(states, { ...none, states: ["related", "established"], verdict: { _tag: "Accept" } })
  })

  it("other conditions are conditions, and targets that are no chains decide nothing", () => {
    assert.isTrue(first("-A FORWARD -p tcp -m tcp --dport 80 -j DROP")!.conditional)
    assert.isTrue(first("-A FORWARD -m conntrack ! --ctstate NEW -j DROP")!.conditional)
    assert.isTrue(first("-A FORWARD -s 10.0.0.0/8 -j DROP")!.conditional)
    assert.isNull(first("-A FORWARD -j LOG --log-prefix -j")!.verdict)
    assert.deepStrictEqual(first("-A FORWARD -j REJECT --reject-with icmp-port-unreachable"), {
      ...none,
      verdict: { _tag: "Drop" }
    })
  })

  it("text that is none of it is nothing", () => {
    for (const text of ["", "*", "*\n:", "*filter\n-A", "\0\0", '*filter\n:a - x\n-A a "'])
      assert.doesNotThrow(() => parseLegacy(text))
    assert.deepStrictEqual(wordsOf('-A x --comment "a \\\\ b"'), ["-A", "x", "--comment", "a \\ b"])
  })
})

describe("files", () => {
  const inDirectory = (use: (directory: string) => void) => () => {
    const directory = mkdtempSync(join(tmpdir(), "vmnet-survey-"))
    try {
      use(directory)
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  it(
    "a pipe, a directory or a file without end is not read, and what is not there is not there",
    inDirectory((directory) => {
      execFileSync("mkfifo", [join(directory, "pipe")])
      assert.strictEqual(look(() => readText(join(directory, "pipe")))._tag, "Unseen")
      assert.strictEqual(look(() => readText(directory))._tag, "Unseen")
      assert.strictEqual(look(() => readText("/dev/zero"))._tag, "Unseen")
      put(join(directory, "long"), "x".repeat(11))
      assert.strictEqual(look(() => readText(join(directory, "long"), 10))._tag, "Unseen")
      assert.strictEqual(readText(join(directory, "long"), 11), "x".repeat(11))
      assert.deepStrictEqual([readText(join(directory, "none")), namesIn(join(directory, "long/x"))], [null, []])
    })
  )

  it(
    "settings of NetworkManager in its order, and of networkd by name",
    inDirectory((root) => {
      put(
        `${root}/etc/NetworkManager/NetworkManager.conf`,
        "[main]\nunmanaged-devices=no\n[keyfile]\nunmanaged-devices = a\n"
      )
      put(`${root}/etc/NetworkManager/conf.d/9.conf`, "# [keyfile]\n[keyfile]\nunmanaged-devices+=b\n")
      put(`${root}/usr/lib/NetworkManager/conf.d/1.conf`, "[keyfile]\nunmanaged-devices=c\n")
      const { running, unmanaged } = networkManager(new Set(["NetworkManager"]), root)
      assert.deepStrictEqual([running, unmanaged.map(({ value }) => value)], [true, ["c", "a", "+b"]])
      put(`${root}/usr/lib/systemd/network/10-a.network`, "[Match]\nName=*\n")
      put(`${root}/etc/systemd/network/10-a.network`, "")
      put(`${root}/run/systemd/network/05-b.network`, "[Match]\nName=vm*\nType=ether\n[Link]\nUnmanaged=yes\n")
      const { files } = networkd(new Set(), root)
      assert.deepStrictEqual(
        files.map(({ match, unmanaged }) => ({ match, unmanaged })),
        [
          {
            match: [
              ["Name", "vm*"],
              ["Type", "ether"]
            ],
            unmanaged: true
          },
          { match: [], unmanaged: false }
        ]
      )
    })
  )

  it("key files of any text", () => {
    assert.deepStrictEqual(parseKeyFile("=x\n[\n]\n[a]\nk\nk=\n;c=1\n\0=\0"), [
      { section: "a", key: "k", value: "" },
      { section: "a", key: "\0", value: "\0" }
    ])
  })

  it("routes: the lowest metric is the uplink, a route on no device has none, and damage is left out", () => {
    const line = (...words: ReadonlyArray<string>) => words.join("\t")
    const text = [
      "Iface Destination Gateway Flags RefCnt Use Metric Mask",
      line("wlan0", "00000000", "0100000A", "0003", "0", "0", "600", "00000000"),
      line("eth0", "00000000", "0100000A", "0003", "0", "0", "100", "00000000"),
      line("*", "000000C6", "00000000", "0200", "0", "0", "0", "000000FF"),
      "x y z",
      ""
    ].join("\n")
    const routes = parseRoutes(text)
    assert.deepStrictEqual([routes.uplink, routes.defaultRoutes], ["eth0", 2])
    assert.deepStrictEqual(routes.routes[2], { destination: "198.0.0.0/8", link: null })
  })

  it("where processes of others are hidden nobody knows what runs", () => {
    assert.throws(() => runningNames(() => ["4711"]), /hidepid/)
    assert.isTrue(runningNames().size > 0)
  })
})
