import { assert, describe, it } from "@effect/vitest"
import { formatSysctlKey } from "@vmnet/core"
import { Arbitrary, Schema } from "effect"
import { type ForwardReset, forwardResetWrites } from "../../src/resource/forwardReset.ts"

const reset = (forwarding: Readonly<Record<string, string>>, acceptRedirects: string | null): ForwardReset => ({
  forwarding,
  acceptRedirects
})

const written = (before: ForwardReset, now: ForwardReset, value: string): Readonly<Record<string, string>> =>
  Object.fromEntries(forwardResetWrites(before, now, value).map(({ key, value }) => [formatSysctlKey(key), value]))

/** What `ip_forward` has made of everything when it went to `value`. */
const after = ({ forwarding }: ForwardReset, value: string): ForwardReset =>
  reset(Object.fromEntries(Object.keys(forwarding).map((device) => [device, value])), value === "0" ? "1" : "0")

describe("what a change of ip_forward resets", () => {
  it("is put back where it is still as the change left it", () => {
    const before = reset({ default: "0", eth0: "0", eth1: "1" }, "1")
    assert.deepStrictEqual(written(before, after(before, "1"), "1"), {
      "net.ipv4.conf.all.accept_redirects": "1",
      "net.ipv4.conf.default.forwarding": "0",
      "net.ipv4.conf.eth0.forwarding": "0",
      "net.ipv4.conf.eth1.forwarding": "1"
    })
  })

  it("stays as somebody else has set it meanwhile", () => {
    const before = reset({ eth0: "0", eth1: "1" }, "1")
    const now = reset({ eth0: "1", eth1: "0" }, "1")
    assert.deepStrictEqual(written(before, now, "1"), {
      "net.ipv4.conf.all.accept_redirects": "1",
      "net.ipv4.conf.eth0.forwarding": "0",
      "net.ipv4.conf.eth1.forwarding": "0"
    })
  })

  it("is nothing for devices that are gone or new, and nothing the kernel does not have", () => {
    const before = reset({ gone: "1", eth0: "1" }, null)
    const now = reset({ eth0: "1", fresh: "1" }, null)
    assert.deepStrictEqual(written(before, now, "1"), { "net.ipv4.conf.eth0.forwarding": "1" })
  })

  const flag = Arbitrary.map(Arbitrary.schema(Schema.Boolean), (on) => (on ? "1" : "0"))
  const flags = Arbitrary.map(Arbitrary.all([flag, flag, flag, flag]), ([a, b, c, redirects]) =>
    reset({ default: a, eth0: b, eth1: c }, redirects)
  )

  it.prop("is whole again after any number of attempts that stopped half-way", [flags], ([before]) => {
    let now = after(before, "0")
    for (let attempt = 0; attempt < 4; attempt++) {
      const next = forwardResetWrites(before, now, "0").find(({ key, value }) => {
        const device = key[3]!
        return (key[4] === "forwarding" ? now.forwarding[device] : now.acceptRedirects) !== value
      })
      if (next === undefined) continue
      now =
        next.key[4] === "forwarding"
          ? reset({ ...now.forwarding, [next.key[3]!]: next.value }, now.acceptRedirects)
          : reset(now.forwarding, next.value)
    }
    assert.deepStrictEqual(now, before)
  })
})
