import { assert, describe, it } from "@effect/vitest"
import {
  type AttachRequest,
  decodeConfig,
  hostNetns,
  InterfaceName,
  LinkOps,
  Vmnet,
  type VmnetError
} from "@vmnet/core"
import { Effect, Result } from "effect"
import { onMachine } from "./support/machine.ts"
import { install, request } from "./support/request.ts"

const refused = (asked: AttachRequest) => Effect.flip(Effect.flatMap(Vmnet, (vmnet) => vmnet.up(asked)))

const small = (subnet: string) => `networks: { small: { backend: tap, subnet: ${subnet}, cooldown: 0 } }`
const lan = (more = "") => `networks: { lan: { backend: tap, subnet: 10.0.7.0/24, bridge: br0${more} } }`

const words = (error: VmnetError) => [error.code, error.exitCode]

describe("addresses", () => {
  it.live("a /30 serves one VM, a /29 five, and the next one is told that none is left", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        for (const [subnet, room] of [
          ["10.9.0.0/30", 1],
          ["10.9.0.0/29", 5]
        ] as const) {
          const on = (vm: string) => request(vm, { network: "small" }, small(subnet))
          for (let index = 0; index < room; index++) {
            const { attachment } = yield* vmnet.up(on(`vm${index}`))
            assert.strictEqual(attachment.host.address, `10.9.0.${index + 2}`)
          }
          assert.deepStrictEqual(words(yield* refused(on("late"))), ["ADDRESS_EXHAUSTED", 5])
          yield* vmnet.down("vm0")
          assert.strictEqual((yield* vmnet.up(on("late"))).attachment.host.address, "10.9.0.2")
          for (const { vm } of yield* vmnet.list) yield* vmnet.down(vm)
        }
      })
    )
  )

  it.live("a VM has the same MAC and TAP on every run", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const identity = Effect.gen(function* () {
          const { attachment } = yield* vmnet.up(request("vm1"))
          yield* vmnet.down("vm1")
          return [attachment.guest.mac, attachment.device.name, attachment.device.mac]
        })
        const first = yield* identity
        yield* vmnet.up(request("other"))
        assert.deepStrictEqual(yield* identity, first)
        assert.strictEqual(first[1], InterfaceName.derive("vmt", install, "vm1", 0))
        assert.deepStrictEqual([first[0], first[2]], ["02:fc:f3:c9:60:45", "02:fc:7e:4d:7d:6d"])
      })
    )
  )
})

describe("names", () => {
  it.live("a TAP of somebody else under our name is left alone, and another name is taken", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const links = yield* LinkOps
        const taken = InterfaceName.derive("vmt", install, "vm1", 0)
        kernel.foreign.link(hostNetns, { link: taken, type: "tun", up: true })
        const before = kernel.snapshot()
        const { attachment } = yield* vmnet.up(request("vm1"))
        assert.strictEqual(attachment.device.name, InterfaceName.derive("vmt", install, "vm1", 1))
        assert.strictEqual((yield* links.find(hostNetns, [taken]))[0]?.alias, "")
        yield* vmnet.down("vm1")
        assert.deepStrictEqual(kernel.snapshot(), before)
      })
    )
  )

  it.live("a TAP that somebody has put in the place of ours is not deleted", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(request("vm1"))
        const { name } = attachment.device
        kernel.foreign.unplug(hostNetns, name)
        kernel.foreign.link(hostNetns, { link: name, type: "tun", up: true })
        yield* vmnet.down("vm1")
        assert.isNotNull((yield* LinkOps.use((links) => links.find(hostNetns, [name])))[0])
      })
    )
  )
})

describe("what cannot be honoured is refused by name", () => {
  const cases: ReadonlyArray<readonly [string, AttachRequest, string]> = [
    [
      "a published port on a bridge",
      request("vm1", { network: "lan", publish: ["8080:80"] }, lan()),
      "publish 8080:80"
    ],
    ["an egress policy on a bridge", request("vm1", { network: "lan", egress: ["none"] }, lan()), "an egress policy"],
    ["masquerade on a bridge", request("vm1", { network: "lan" }, lan(", masquerade: true")), "masquerade"],
    [
      "127.0.0.1 where nothing may be written",
      request("vm1", { publish: ["127.0.0.1:80:80"] }, "forwarding: require"),
      "publish 127.0.0.1:80:80/tcp"
    ],
    ["a namespace", { ...request("vm1"), target: { _tag: "Path", path: "/run/netns/box" } }, "not veths"]
  ]
  it.live.each(cases)("%s", ([, asked, what]) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const before = kernel.snapshot()
        const error = yield* refused(asked)
        assert.deepStrictEqual(words(error), ["OPTION_UNSUPPORTED", 2])
        assert.include(error.message, what)
        assert.deepStrictEqual(kernel.snapshot(), before)
      })
    )
  )

  it("contradictions of the configuration", () => {
    const problems = (network: string) =>
      Result.match(decodeConfig(`networks: { a: { backend: tap, ${network} } }`, "c"), {
        onFailure: (error) => error.message,
        onSuccess: () => ""
      })
    assert.include(problems("pool: {}"), "needs size, warm, or both")
    assert.include(problems("pool: { size: 2, warm: 3 }"), "warm 3 is more than size 2")
    assert.include(problems("pool: { warm: 1, owner: root }"), "is not a numeric user id")
    assert.include(problems('bridge: "br 0"'), "is not an interface's name")
    assert.include(problems("isolated: false"), "cannot honour")
    assert.strictEqual(problems("pool: { size: 2, warm: 1, owner: 1000 }, bridge: br0"), "")
    assert.throws(() => request("vm1", { network: "lan" }, lan(", hostAccess: true")), /hostAccess/)
  })
})
