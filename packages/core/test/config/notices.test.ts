import { assert, describe, it } from "@effect/vitest"
import { readPublishSpecs, readVmNames, requestNotices } from "@vmnet/core"
import { Result } from "effect"
import { resolve } from "./support/config.ts"
import { ok } from "../names/support/parsed.ts"

const notices = (text: string, egress: ReadonlyArray<string>) =>
  requestNotices(ok(resolve(text, { egress, network: "bridge" })).request)

describe("notices of a request", () => {
  const blind = [
    "egress does not include a resolver (192.0.2.53): the guest cannot resolve names; allow 192.0.2.53:53 if it should"
  ]

  it("tell of a policy under which the guest has no names", () => {
    assert.deepStrictEqual(notices("", ["none"]), blind)
    assert.deepStrictEqual(notices("", ["203.0.113.0/24:443"]), blind)
    assert.deepStrictEqual(notices("", ["192.0.2.53:53/tcp"]), blind)
    assert.deepStrictEqual(notices("", ["192.0.2.53:54-99"]), blind)
  })

  it("say nothing where a resolver can be reached", () => {
    for (const egress of [[], ["internet"], ["192.0.2.53:53"], ["192.0.2.0/24"], ["192.0.2.53:1-100/udp"]]) {
      assert.deepStrictEqual(notices("", egress), [], egress.join())
    }
    assert.deepStrictEqual(notices("networks:\n  bridge: { dns: [10.0.42.9] }\n", ["none"]), [])
    assert.deepStrictEqual(notices("networks:\n  bridge: { dns: [127.0.0.1] }\n", ["none"]), [])
  })

  it("tell of a network without resolvers", () => {
    assert.deepStrictEqual(notices("networks:\n  bridge: { dns: [] }\n", []), [
      "network bridge has no resolver: its guests are told of none (set networks.bridge.dns)"
    ])
  })
})

describe("arguments of other verbs", () => {
  it("VM names are read all at once, each kept once", () => {
    assert.deepStrictEqual(ok(readVmNames(["a", "b", "a"])), ["a", "b"])
    const refused = readVmNames(["a", "-h", "B"])
    assert.isTrue(Result.isFailure(refused))
    if (Result.isFailure(refused)) {
      assert.strictEqual(refused.failure.code, "BAD_INPUT")
      assert.deepStrictEqual(
        refused.failure.message.split("\n").map((line) => line.split(":")[0]),
        ["VM -h", "VM B"]
      )
    }
  })

  it("published ports are read all at once, and none twice", () => {
    assert.deepStrictEqual(ok(readPublishSpecs(["53:53/udp"])), [
      { protocol: "udp", hostAddress: null, hostPort: 53, guestPort: 53, count: 1 }
    ])
    const problems = (texts: ReadonlyArray<string>) =>
      Result.match(readPublishSpecs(texts), { onFailure: ({ message }) => message, onSuccess: () => "" })
    assert.strictEqual(problems(["80:80", "80:81"]), "SPEC 80:81: wants a host port that 80:80/tcp has already")
    assert.strictEqual(problems([]), "SPEC: name at least one port, such as 8080:80")
  })
})
