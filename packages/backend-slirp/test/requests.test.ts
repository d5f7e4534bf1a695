import { assert, it } from "@effect/vitest"
import { slirpBackend } from "@vmnet/backend-slirp"
import { type AttachRequest, Progress, readPublishSpecs, Vmnet } from "@vmnet/core"
import { Effect, Result } from "effect"
import { onMachine, picture, request } from "./support/memory.ts"

const refusalOf = (asked: AttachRequest) =>
  Result.match(slirpBackend.validate(asked), {
    onSuccess: () => undefined,
    onFailure: ({ code, details }) => [code, details?.["option"]]
  })

const refused: ReadonlyArray<readonly [option: string, request: AttachRequest]> = [
  ["ip", { ...request("vm1"), address: "10.0.2.7" }],
  ["netns", { ...request("vm1"), target: { _tag: "Path", path: "/run/netns/box" } }],
  ["tap-owner", { ...request("vm1"), tapOwner: { uid: 1000 } }],
  ["subnet", { ...request("vm1"), network: { ...request("vm1").network, subnet: "10.9.0.0/24" } }],
  ["masquerade", { ...request("vm1"), network: { ...request("vm1").network, masquerade: false } }],
  ["publish", request("vm1", { publish: ["127.0.0.1:53:53/udp"] })]
]

for (const [index, [option, asked]] of refused.entries()) {
  it(`what it cannot honour is refused by name: ${option} (${index + 1})`, () => {
    assert.deepStrictEqual(refusalOf(asked), ["OPTION_UNSUPPORTED", option])
  })
}

it("what it can is not refused", () => {
  const publish = [
    "8080:80",
    "8081:80",
    "53:53/udp",
    "192.0.2.10:54:53/udp",
    "192.0.2.11:54:54/udp",
    "127.0.0.1:9000:80"
  ]
  for (const egress of [[], ["none"], ["203.0.113.0/24:443"]]) {
    assert.isUndefined(refusalOf(request("vm1", { publish, egress, mac: "02:00:00:00:00:07" })))
  }
})

const open = "networks: { slirp: { backend: slirp, hostAccess: true } }"
const pasta = "networks: { slirp: { backend: slirp, engine: pasta } }"

it("UDP on 127.0.0.1 needs hostAccess", () => {
  assert.isUndefined(refusalOf(request("vm1", { publish: ["127.0.0.1:53:53/udp"] }, open)))
})

it("pasta leads nothing from the host's loopback to a guest", () => {
  const asked = request("vm1", { publish: ["127.0.0.1:9000:80"] }, pasta)
  assert.deepStrictEqual(refusalOf(asked), ["OPTION_UNSUPPORTED", "publish"])
})

it("one port on two addresses of the host is two ports, but not for pasta", () => {
  const two = { publish: ["192.0.2.10:8080-8081:80", "192.0.2.11:8081:90"] }
  assert.isUndefined(refusalOf(request("vm1", two)))
  assert.deepStrictEqual(refusalOf(request("vm1", two, pasta)), ["OPTION_UNSUPPORTED", "publish"])
  assert.isUndefined(refusalOf(request("vm1", { publish: ["192.0.2.10:8080:80", "192.0.2.11:8080:80/udp"] }, pasta)))
})

it.live("a user without any rights brings VMs up and down, whatever else is theirs to do", () =>
  onMachine((machine) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const before = yield* picture(machine)
      const { attachment } = yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
      yield* vmnet.up(request("vm2", { publish: ["8081:80"] }))
      assert.deepInclude(attachment.guest, {
        address: "10.0.2.100/24",
        gateway: "10.0.2.2",
        dns: ["10.0.3.3"],
        mtu: 65_520
      })
      assert.match(attachment.device.netns ?? "", /^\/proc\/\d+\/ns\/net$/)
      yield* vmnet.down("vm1")
      yield* vmnet.down("vm2")
      assert.deepStrictEqual(yield* picture(machine), before)
    })
  )
)

it.live("pasta publishes what it was started with, and refuses to change it by name", () =>
  onMachine(({ kernel }) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      yield* vmnet.up(request("vm1", { publish: ["8080-8081:80"] }, pasta))
      assert.deepStrictEqual(
        Object.values(kernel.host.helpers()).map(({ forwards }) => forwards),
        [0, 1]
      )
      const specs = Result.getOrThrow(readPublishSpecs(["9090:90"]))
      assert.strictEqual((yield* Effect.flip(vmnet.publish("vm1", specs))).code, "OPTION_UNSUPPORTED")
      const live = Result.getOrThrow(readPublishSpecs(["8080-8081:80"]))
      assert.strictEqual((yield* Effect.flip(vmnet.unpublish("vm1", live))).code, "OPTION_UNSUPPORTED")
      yield* vmnet.down("vm1")
      assert.deepStrictEqual(kernel.host.helpers(), {})
    })
  )
)

it.live("a missing program is told before anything is made", () =>
  onMachine((machine) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      machine.kernel.host.setMissingHelper("slirp4netns")
      const before = yield* picture(machine)
      assert.strictEqual((yield* Effect.flip(vmnet.up(request("vm1")))).code, "TOOL_MISSING")
      assert.strictEqual((yield* Effect.flip(vmnet.plan(request("vm1")))).code, "TOOL_MISSING")
      assert.deepStrictEqual(yield* picture(machine), before)
    })
  )
)

it.live("a port that another VM has is told as that VM's, though it is a helper that has it bound", () =>
  onMachine(({ kernel }) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
      kernel.host.bind({ protocol: "tcp", address: "0.0.0.0", port: 8080 })
      const again = Result.getOrThrow(readPublishSpecs(["8080:80"]))
      yield* vmnet.up(request("vm2"))
      const up = Effect.asVoid(vmnet.up(request("vm3", { publish: ["8080:80"] })))
      for (const refused of [up, Effect.asVoid(vmnet.publish("vm2", again))]) {
        const { code, details } = yield* Effect.flip(refused)
        assert.deepStrictEqual([code, details?.["holder"]], ["PORT_IN_USE", "vm1"])
      }
      const own = yield* Effect.flip(vmnet.publish("vm1", again))
      assert.deepStrictEqual([own.code, own.details?.["holder"]], ["PORT_IN_USE", "vm1"])
    })
  )
)

it.live("a port that a program of the host has is told as that", () =>
  onMachine(({ kernel }) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      kernel.host.bind({ protocol: "tcp", address: "0.0.0.0", port: 8080 })
      const { code, details } = yield* Effect.flip(vmnet.up(request("vm1", { publish: ["8080:80"] })))
      assert.deepStrictEqual([code, details?.["holder"]], ["PORT_IN_USE", null])
    })
  )
)

it.live("when its namespace is gone all in it is, and a VM goes without a look for any of it", () =>
  onMachine((machine) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const before = yield* picture(machine)
      yield* vmnet.up(request("vm1", { publish: ["8080:80", "127.0.0.1:9000:90"], egress: ["203.0.113.0/24:443"] }))
      const holder = Object.entries(machine.kernel.host.helpers()).find(([id]) => id.endsWith(" namespace"))
      machine.kernel.host.endProcess(holder![1].process.pid)
      const steps: Array<string> = []
      const told = ({ step }: { readonly step: string }) => Effect.sync(() => void steps.push(step))
      yield* Effect.provideService(vmnet.down("vm1"), Progress, told)
      assert.deepStrictEqual(
        steps.filter((step) => step.startsWith("delete ")),
        ["delete helper slirp4netns in namespace of vm1/1, helper namespace in namespace of vm1/1"]
      )
      assert.deepStrictEqual(yield* picture(machine), before)
    })
  )
)
