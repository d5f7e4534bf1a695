import { assert, describe, it } from "@effect/vitest"
import { decode, problems } from "./support/config.ts"

describe("the YAML of a configuration", () => {
  it("that does not parse is refused with the parser's place and words, and nothing else", () => {
    const found = problems("networks:\n  web: { mtu: 1\nvms: {}\n")
    assert.lengthOf(found, 1)
    assert.match(found[0] ?? "", /^config\.yaml:3:1 Flow map in block collection must be sufficiently indented/)
  })

  it("may say a thing once only", () => {
    assert.deepStrictEqual(problems("vms:\n  a: {}\n  b: {}\n  a: {}\nvms: {}\n"), [
      "config.yaml:4:3 vms.a: is there twice",
      "config.yaml:5:1 vms: is there twice"
    ])
    assert.deepStrictEqual(problems('{"vms":{},"vms":{}}'), ["config.yaml:1:11 vms: is there twice"])
  })

  it("is one document", () => {
    assert.deepStrictEqual(problems("vms: {}\n---\nnetworks: {}\n"), [
      "config.yaml:2:1 the file must be one YAML document"
    ])
  })

  it("keeps names as they are written, whatever they look like", () => {
    assert.deepStrictEqual(
      Object.keys(decode("vms: { 01: {}, 1: {}, null: {}, true: {}, 1e3: {}, on: {} }").vms).toSorted(),
      ["01", "1", "1e3", "null", "on", "true"]
    )
  })

  it("has plain words for keys", () => {
    assert.deepStrictEqual(problems("? [a]\n: b\nvms: { ? { a: b } : c }\n"), [
      "config.yaml:1:3 a key must be a plain word",
      "config.yaml:3:10 vms: a key must be a plain word"
    ])
  })

  it("takes aliases for what they stand for, and places problems where the text is", () => {
    const text =
      "networks:\n  web: &net { subnet: 10.1.0.0/24, mtu: 1400 }\nvms:\n  a: &vm { network: web, egress: none }\n  b: *vm\n"
    assert.deepStrictEqual(decode(text).vms["b"], { network: "web", egress: "none" })
    assert.deepStrictEqual(problems("vms:\n  a: &vm { network: web }\n  b: *vm\n"), [
      'config.yaml:2:21 vms.a.network: there is no network "web"',
      'config.yaml:2:21 vms.b.network: there is no network "web"'
    ])
  })

  it("has no aliases that contain themselves, come before their anchor or stand for too much", () => {
    assert.include(problems("vms: &a\n  b: *a\n")[0], 'config.yaml:2:6 vms.b: the alias "a" contains itself')
    assert.deepStrictEqual(problems("vms: { a: *b, b: &b {} }\n"), [
      'config.yaml:1:11 vms.a: there is no anchor "b" before this'
    ])
    const lines = Array.from({ length: 12 }, (_, index) => {
      const letter = (step: number) => String.fromCodePoint(97 + index + step)
      return `${letter(1)}: &${letter(1)} [${Array.from({ length: 9 }, () => `*${letter(0)}`).join(", ")}]`
    })
    const started = Date.now()
    const found = problems(["a: &a [x, x]", ...lines].join("\n"))
    assert.strictEqual(found.length, 1)
    assert.include(found[0], "aliases stand for more than 10000 values")
    assert.isBelow(Date.now() - started, 5000)
  })

  it("has no tags but those that say what is so anyway, and no merge keys", () => {
    assert.deepStrictEqual(problems("vms: { a: !run { ip: 10.0.42.7 } }\nforwarding: !!binary aGk=\n"), [
      'config.yaml:1:16 vms.a: the tag "!run" is not allowed',
      'config.yaml:2:22 forwarding: the tag "tag:yaml.org,2002:binary" is not allowed',
      'config.yaml:2:22 forwarding: must be "global" or "per-interface" or "require", not "aGk="'
    ])
    assert.deepStrictEqual(decode("vms: !!map { a: { egress: !!str none } }").vms, { a: { egress: "none" } })
    assert.deepStrictEqual(problems("vms: { a: { <<: { ip: 10.0.42.7 } } }\n"), [
      'config.yaml:1:13 vms.a["<<"]: there is no such option'
    ])
  })

  it("is bounded in size and depth", () => {
    assert.deepStrictEqual(problems(`#${"x".repeat(1024 * 1024)}`), [
      "config.yaml:1:1 the file is larger than 1048576 bytes"
    ])
    assert.deepStrictEqual(problems(`#${"é".repeat(512 * 1024)}`), [
      "config.yaml:1:1 the file is larger than 1048576 bytes"
    ])
    assert.deepStrictEqual(problems(`#${"x".repeat(1024 * 1024 - 1)}`), [])
    assert.match(problems(`vms: ${"[".repeat(40)}${"]".repeat(40)}`)[0] ?? "", /nested deeper than 16 levels$/)
    for (const text of ["[", "{a: ", "- ", "[{a: "]) {
      const found = problems(text.repeat(20_000))
      assert.strictEqual(found.length, 1, text)
      assert.match(found[0] ?? "", /nested too deeply$/)
    }
  })

  it("counts lines and columns whatever ends a line", () => {
    assert.deepStrictEqual(problems("vms:\r\n  a:\r\n    ip: x\r\n"), [
      'config.yaml:3:9 vms.a.ip: "x" is not an IPv4 address: expected exactly four decimal octets'
    ])
  })
})
