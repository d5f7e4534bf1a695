import { assert, describe, it } from "@effect/vitest"
import { diagnose, type FirewallChain, type FirewallRule, type FirewallTable } from "@vmnet/core"
import { context, factsWith } from "./support/facts.ts"

const rule = (part: Partial<FirewallRule>): FirewallRule => ({
  in: null,
  out: null,
  states: null,
  conditional: false,
  verdict: null,
  ...part
})
const device = (...names: ReadonlyArray<string>) => ({ names, negated: false })
const accept = { _tag: "Accept" } as const
const drop = { _tag: "Drop" } as const
const jump = (chain: string) => ({ _tag: "Jump", chain }) as const

const chain = (name: string, rules: ReadonlyArray<FirewallRule>, base: Partial<FirewallChain> = {}): FirewallChain => ({
  chain: name,
  hook: null,
  priority: null,
  policy: null,
  rules,
  ...base
})
const forward = (rules: ReadonlyArray<FirewallRule>, policy: "accept" | "drop" = "drop", name = "FORWARD") =>
  chain(name, rules, { hook: "forward", priority: 0, policy })

const table = (name: string, ...chains: ReadonlyArray<FirewallChain>): FirewallTable => ({
  family: "ip",
  table: name,
  chains
})

const problems = (tables: ReadonlyArray<FirewallTable>, legacy = false) =>
  diagnose(
    factsWith(legacy ? { legacy: { _tag: "Seen", value: tables } } : { nft: { _tag: "Seen", value: tables } }),
    context
  )
    .filter(({ check, status }) => check === "forward-chains" && status === "problem")
    .map(({ details, fix, message }) => ({ owner: details["owner"], devices: details["devices"], fix, message }))

const guests = device("vmb*", "vmt*", "vmv*")
const bothWays = [rule({ in: guests, verdict: accept }), rule({ out: guests, verdict: accept })]

describe("what passes a forward chain", () => {
  const passing: ReadonlyArray<readonly [string, ReadonlyArray<FirewallTable>]> = [
    ["no chain at all", []],
    ["a policy that accepts", [table("filter", forward([], "accept"))]],
    ["guests accepted both ways before the drop", [table("filter", forward([...bothWays, rule({ verdict: drop })]))]],
    [
      "accepted in a chain that is called",
      [table("filter", forward([rule({ verdict: jump("USER") })]), chain("USER", bothWays))]
    ],
    [
      "answers accepted by their state",
      [table("filter", forward([rule({ states: ["established", "related"], verdict: accept }), bothWays[0]!]))]
    ],
    [
      "a drop of another device's",
      [table("filter", forward([rule({ out: device("virbr0"), verdict: drop })], "accept"))]
    ],
    ["a drop of invalid packets", [table("filter", forward([rule({ states: ["invalid"], verdict: drop })], "accept"))]],
    [
      "a drop under conditions we do not know",
      [table("filter", forward([rule({ conditional: true, verdict: drop })], "accept"))]
    ],
    ["a table of vmnet's own", [table("vmnet_0123abcd", forward([]))]],
    [
      "chains that call one another",
      [table("x", forward([rule({ verdict: jump("a") })], "accept"), chain("a", [rule({ verdict: jump("a") })]))]
    ]
  ]
  it.each(passing)("%s", (_, tables) => assert.deepStrictEqual(problems(tables), []))

  const blocking: ReadonlyArray<readonly [string, ReadonlyArray<FirewallTable>]> = [
    ["a policy", [table("filter", forward([]))]],
    ["only what guests send is accepted", [table("filter", forward([bothWays[0]!]))]],
    ["only what comes back is accepted", [table("filter", forward([bothWays[1]!]))]],
    ["an accept that comes too late", [table("filter", forward([rule({ verdict: drop }), ...bothWays], "accept"))]],
    [
      "an accept under conditions we do not know",
      [table("filter", forward([rule({ conditional: true, verdict: accept })]))]
    ],
    [
      "everything but another device",
      [table("filter", forward([rule({ in: { names: ["eth9"], negated: true }, verdict: drop })], "accept"))]
    ],
    ["a table whose name only begins as ours", [table("vmnet_0123abcdef", forward([]))]],
    [
      "a chain gone to",
      [table("filter", forward([rule({ verdict: { _tag: "Goto", chain: "end" } }), ...bothWays]), chain("end", []))]
    ]
  ]
  it.each(blocking)("not with %s", (_, tables) => assert.strictEqual(problems(tables).length, 1))

  it("only the devices that are dropped are named, and accepted", () => {
    const vmb = device("vmb*")
    const [found] = problems([
      table("my", forward([rule({ in: vmb, verdict: accept }), rule({ out: vmb, verdict: accept })], "drop", "f"))
    ])
    assert.deepStrictEqual(found?.devices, ["vmt", "vmv"])
    assert.strictEqual(
      found?.fix,
      'for d in vmt vmv; do nft "insert rule ip my f iifname \\"${d}*\\" accept" && nft "insert rule ip my f oifname \\"${d}*\\" accept"; done'
    )
  })
})

describe("whose drop it is", () => {
  const calling = (name: string) => table("filter", forward([rule({ verdict: jump(name) })]), chain(name, []))
  it.each([
    ["DOCKER-USER", "Docker", /-I DOCKER-USER/],
    ["ufw-before-forward", "ufw", /ufw route allow in on/],
    ["LIBVIRT_FWI", "libvirt", /-I FORWARD/],
    ["KUBE-FORWARD", "kube-proxy", /-I FORWARD/],
    ["cali-FORWARD", "Calico", /-I FORWARD/],
    ["mine", null, /-I FORWARD/],
    ["DOCKERISH", null, /-I FORWARD/]
  ] as const)("%s", (name, owner, fix) => {
    const [found] = problems([calling(name)])
    assert.strictEqual(found?.owner, owner)
    assert.match(found?.fix ?? "", fix)
  })

  it("firewalld's by its table", () => {
    const [found] = problems([table("firewalld", forward([rule({ verdict: drop })], "accept", "filter_FORWARD"))])
    assert.strictEqual(found?.owner, "firewalld")
    assert.match(found?.fix ?? "", /^firewall-cmd --permanent --zone=trusted --add-interface=vmb\+/)
  })

  it("iptables-legacy is mended by its own program, whatever is called iptables", () => {
    const [found] = problems([calling("DOCKER-USER")], true)
    assert.match(found?.fix ?? "", /^for d in vmb vmt vmv; do iptables-legacy -I DOCKER-USER -i \$\{d\}\+ -j ACCEPT/)
    assert.match(found?.message ?? "", /^iptables-legacy: ip filter FORWARD \(priority 0, policy drop\) of Docker/)
  })

  it("a name that a shell would read differently is never put into a command", () => {
    for (const name of ["$(reboot)", 'a"b', "a b", "-x", "a;b"]) {
      const [found] = problems([table(name, forward([], "drop", "f"))])
      assert.strictEqual(found?.fix, "nft -a list ruleset # accept the devices above in that chain")
    }
  })
})
