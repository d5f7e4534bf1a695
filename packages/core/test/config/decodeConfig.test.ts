import { assert, describe, it } from "@effect/vitest"
import { decodeConfig, emptyConfig } from "@vmnet/core"
import { Arbitrary, Effect, Result } from "effect"
import { decode, example, file, problems } from "./support/config.ts"
import { anyText, oneOf, whole } from "../names/support/arbitraries.ts"

describe("a configuration file", () => {
  it("of the design document means what it says", () => {
    assert.deepStrictEqual(decode(example), {
      networks: {
        web: { backend: "bridge", subnet: "10.0.42.0/24", dns: ["198.51.100.53"] },
        slots: { backend: "netns", pool: { warm: 32 } }
      },
      vms: {
        api: { network: "web", publish: ["8080:80"], egress: "internet" },
        agent1: { backend: "netns", egress: { allow: ["203.0.113.0/24:443"] } }
      },
      forwarding: "global"
    })
  })

  it("may be JSON", () => {
    const text = JSON.stringify(decode(example))
    assert.deepStrictEqual(decode(text), decode(example))
  })

  it("may be empty, and so may its sections and entries", () => {
    for (const text of ["", "# nothing\n", "---\n", "{}", "networks:\nvms:\n"])
      assert.deepStrictEqual(decode(text), emptyConfig)
    assert.deepStrictEqual(decode("vms:\n  api:\n"), { networks: {}, vms: { api: {} } })
  })

  it("keeps every option a bridge has", () => {
    const web = {
      backend: "bridge",
      subnet: "10.1.0.0/16",
      gateway: "10.1.255.254",
      dns: [],
      mtu: 9000,
      addressing: "lowest",
      exclude: ["10.1.0.0/24", "10.1.1.1"],
      isolated: true,
      hostAccess: true,
      masquerade: false,
      cooldown: 0
    }
    const api = {
      backend: "bridge",
      network: "web",
      publish: ["8080:80", "127.0.0.1:5353:53/udp"],
      egress: "none",
      ip: "10.1.2.3",
      mac: "02:FC:00:00:00:05",
      tapOwner: 1000
    }
    const text = JSON.stringify({ networks: { web }, vms: { api }, forwarding: "per-interface" })
    assert.deepStrictEqual<unknown>(decode(text), { networks: { web }, vms: { api }, forwarding: "per-interface" })
  })

  it("names things like an object's own properties without harm", () => {
    const config = decode(
      "networks:\n  constructor: { subnet: 10.9.0.0/24 }\nvms:\n  valueof: { network: constructor }\n"
    )
    assert.deepStrictEqual(Object.keys(config.networks), ["constructor"])
    assert.deepStrictEqual(problems("vms:\n  a: { network: constructor }\n"), [
      'config.yaml:2:17 vms.a.network: there is no network "constructor"'
    ])
    assert.deepStrictEqual(problems("vms:\n  a: { __proto__: { ip: 10.0.0.1 } }\n"), [
      "config.yaml:2:8 vms.a.__proto__: there is no such option"
    ])
  })
})

describe("problems of a configuration file", () => {
  it("come all at once, in the order of the file, with path, line and column", () => {
    const text = [
      "networks:",
      "  web: { subnett: 10.0.42.0/24, mtu: 12, dns: [198.51.100.53, 5] }",
      "  db:",
      "    subnet: 10.0.43.1/24",
      "    isolated: yes",
      "vms:",
      "  api: { network: webb, publish: ['80:80', '80:99999'], egress: all }",
      "  Bad: {}",
      "forwarding: gobal"
    ].join("\n")
    assert.deepStrictEqual(problems(text), [
      'config.yaml:2:10 networks.web.subnett: there is no such option (did you mean "subnet"?)',
      "config.yaml:2:38 networks.web.mtu: must be a whole number from 576 to 65521, not the number 12",
      "config.yaml:2:63 networks.web.dns[1]: must be text, not the number 5",
      'config.yaml:4:13 networks.db.subnet: "10.0.43.1/24" has bits set below its prefix: the block is 10.0.43.0/24',
      'config.yaml:5:15 networks.db.isolated: must be true or false, not "yes"',
      'config.yaml:7:19 vms.api.network: there is no network "webb" (did you mean "web"?)',
      'config.yaml:7:44 vms.api.publish[1]: guest port "99999" is above 65535',
      'config.yaml:7:65 vms.api.egress: must be "internet", "none" or { allow: [...] }, not "all"',
      'config.yaml:8:3 vms.Bad: VM name "Bad": "B" at position 1 is not allowed, the first character must be one of a-z 0-9 (write "b")',
      'config.yaml:9:13 forwarding: must be "global" or "per-interface" or "require", not "gobal" (did you mean "global"?)'
    ])
  })

  it("are plain data for programs, under one code", () => {
    const decoded = decodeConfig("networks:\n  web: { mtu: 1 }\n", file)
    assert.isTrue(Result.isFailure(decoded))
    if (!Result.isFailure(decoded)) return
    assert.strictEqual(decoded.failure.code, "CONFIG_INVALID")
    assert.strictEqual(decoded.failure.exitCode, 2)
    assert.deepStrictEqual(decoded.failure.details, {
      file,
      problems: [
        {
          path: "networks.web.mtu",
          line: 2,
          column: 15,
          problem: "must be a whole number from 576 to 65521, not the number 1"
        }
      ]
    })
  })

  it("name an option that only another backend has", () => {
    const text =
      "networks:\n  web: { pool: { warm: 2 } }\n  s: { backend: netns, isolated: true }\nvms:\n  a: { backend: slirp, ip: 10.0.0.1 }\n"
    assert.deepStrictEqual(problems(text), [
      'config.yaml:2:10 networks.web.pool: the bridge backend cannot honour "pool" (backends that do: netns, tap)',
      'config.yaml:3:24 networks.s.isolated: the netns backend cannot honour "isolated" (backends that do: bridge)',
      'config.yaml:5:24 vms.a.ip: the slirp backend cannot honour "ip" (backends that do: bridge, tap)'
    ])
  })

  it("judge a VM's options by the backend of its network", () => {
    assert.deepStrictEqual(problems("networks:\n  s: { backend: netns }\nvms:\n  a: { network: s, ip: 10.0.0.1 }\n"), [
      'config.yaml:4:20 vms.a.ip: the netns backend cannot honour "ip" (backends that do: bridge, tap)'
    ])
    assert.deepStrictEqual(problems("vms:\n  a: { network: netns, mac: '02:fc:00:00:00:05' }\n"), [
      'config.yaml:2:24 vms.a.mac: the netns backend cannot honour "mac" (backends that do: bridge, tap, slirp)'
    ])
    // Nobody knows which options a backend has that does not exist.
    assert.deepStrictEqual(problems("networks:\n  s: { backend: netnss, pool: { warm: 1 } }\n"), [
      'config.yaml:2:17 networks.s.backend: must be "bridge" or "netns" or "tap" or "slirp", not "netnss" (did you mean "netns"?)'
    ])
  })

  it("tell where an option of the command line belongs", () => {
    assert.deepStrictEqual(problems("vms:\n  a: { ownerPid: 4 }\n"), [
      "config.yaml:2:8 vms.a.ownerPid: a process id means nothing after it ends: give --owner-pid to `vmnet up`"
    ])
  })

  it("say what was found where something else belongs", () => {
    const text =
      "networks: []\nvms:\n  a: 5\n  b: { publish: '80:80', ip: , mac: true, tapOwner: [], egress: 1 }\n  c: { egress: {} }\n"
    assert.deepStrictEqual(problems(text), [
      "config.yaml:1:11 networks: must be a mapping of names, not a list",
      "config.yaml:3:6 vms.a: must be a mapping of options, not the number 5",
      'config.yaml:4:17 vms.b.publish: must be a list, not "80:80"',
      "config.yaml:4:30 vms.b.ip: must be text, not nothing",
      "config.yaml:4:37 vms.b.mac: must be text, not true",
      "config.yaml:4:53 vms.b.tapOwner: must be a numeric UID or UID:GID, not a list",
      'config.yaml:4:65 vms.b.egress: must be "internet", "none" or { allow: [...] }, not the number 1',
      "config.yaml:5:8 vms.c.egress.allow: is missing"
    ])
    assert.deepStrictEqual(problems("[]"), [
      "config.yaml:1:1 the file must be a mapping of networks, vms and forwarding, not a list"
    ])
  })

  it("are printed without anything a terminal would act upon", () => {
    const text = '"a\\e[2J": 1\nvms:\n  "x\\u202ey": {}\n  a: { network: "\\e[2J", bad\u001Bkey: 1 }\n'
    const lines = problems(text)
    assert.isAbove(lines.length, 2)
    for (const line of lines) assert.match(line, /^[ -~]+$/)
  })

  it("are bounded in number", () => {
    const vms = Array.from({ length: 3000 }, (_, index) => `  vm${index}: { ip: 5 }`).join("\n")
    const decoded = decodeConfig(`vms:\n${vms}\n`, file)
    assert.isTrue(Result.isFailure(decoded))
    if (!Result.isFailure(decoded)) return
    const lines = decoded.failure.message.split("\n")
    assert.strictEqual(lines.length, 101)
    assert.strictEqual(lines[100], "config.yaml: and 2900 more problems")
    assert.lengthOf(decoded.failure.details?.["problems"] as ReadonlyArray<unknown>, 1000)
  })

  it.effect.prop("stand where they are written", [whole(0, 20), whole(0, 20), whole(0, 8)], ([before, after, spaces]) =>
    Effect.sync(() => {
      const good = (from: number, count: number) =>
        Array.from({ length: count }, (_, index) => `  n${from + index}: { subnet: 10.1.${from + index}.0/24 }`)
      const bad = `  bad: {${" ".repeat(spaces + 1)}mtu: 1 }`
      const text = ["networks:", ...good(0, before), bad, ...good(100, after)].join("\n")
      const line = before + 2
      assert.deepStrictEqual(problems(text), [
        `config.yaml:${line}:${bad.indexOf("1") + 1} networks.bad.mtu: must be a whole number from 576 to 65521, not the number 1`
      ])
    })
  )

  const token = oneOf([
    "networks:",
    "vms:",
    "forwarding",
    "\n",
    "\n  ",
    "\n    ",
    " a: ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "&a ",
    "*a",
    "!!str ",
    "!x ",
    "? ",
    "| ",
    '"',
    "'",
    "#",
    "---\n",
    "%YAML 1.1\n",
    "<<: ",
    "\t",
    "\u0000",
    "publish",
    "egress",
    "5"
  ])
  const soup = Arbitrary.map(Arbitrary.array(token, { maxLength: 30 }), (tokens) => tokens.join(""))

  it.effect.prop("are all that comes of a text that is no configuration", [soup, anyText], ([yaml, text]) =>
    Effect.sync(() => {
      for (const source of [yaml, text, `vms:\n  a: ${yaml}`]) {
        const decoded = decodeConfig(source, file)
        if (Result.isFailure(decoded)) assert.strictEqual(decoded.failure.code, "CONFIG_INVALID")
      }
    })
  )
})
