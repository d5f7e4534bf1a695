import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, hostNetns, Ledger, parsePublish, Vmnet } from "@vmnet/core"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Effect, Result } from "effect"
import { onMachine } from "./support/host.ts"
import { request } from "./support/memoryHost.ts"

const reversed = <A extends object>(value: A): A =>
  Object.fromEntries(
    Object.entries(value)
      .map(([key, part]) => [
        key,
        typeof part === "object" && part !== null && !Array.isArray(part) ? reversed(part) : part
      ])
      .toReversed()
  )

const flags = { publish: ["8080:80"], egress: ["203.0.113.0/24:443"] }
const web = request("vm1", flags)

const usedMarks = Ledger.use((ledger) =>
  ledger.transact("look", (tx) => {
    const lease = JSON.parse(tx.get<{ lease: string }>("SELECT lease FROM leases")!.lease)
    return [lease.mark, ...lease.publish.map(({ mark }: { mark: number }) => mark)] as ReadonlyArray<number>
  })
)

const tables = [
  "meta",
  "networks",
  "generations",
  "leases",
  "addresses",
  "identifiers",
  "ports",
  "shares",
  "holds",
  "resources"
]
const everyRow = Ledger.use((ledger) =>
  ledger.transact("look", (tx) => Object.fromEntries(tables.map((table) => [table, tx.all(`SELECT * FROM ${table}`)])))
)

describe("up again", () => {
  it.effect("with the same request, however its keys are ordered, is the same answer and changes nothing", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(web)
        const before = [kernel.snapshot(), yield* leaseRows]
        assert.deepStrictEqual(yield* vmnet.up(reversed(web)), { attachment, existing: true })
        assertSame([kernel.snapshot(), yield* leaseRows], before, "untouched")
      })
    )
  )

  it.effect.each([
    { what: "egress", other: request("vm1", { publish: ["8080:80"] }) },
    { what: "publish", other: { ...web, publish: [] } },
    { what: "address", other: { ...web, address: "10.213.0.77" } },
    {
      what: "network, forwarding",
      other: request(
        "vm1",
        { ...flags, network: "web" },
        "networks: { web: { subnet: 10.9.0.0/24 } }\nforwarding: require"
      )
    },
    { what: "tapOwner", other: request("vm1", { ...flags, tapOwner: "1000" }) }
  ])("with another $what is a conflict that says so, and changes nothing", ({ what, other }) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(web)
        const before = [kernel.snapshot(), yield* leaseRows]
        for (const error of [yield* Effect.flip(vmnet.up(other)), yield* Effect.flip(vmnet.plan(other))]) {
          assert.deepStrictEqual([error.code, error.exitCode], ["VM_CONFLICT", 4])
          assert.sameMembers(error.details?.["differing"] as Array<string>, what.split(", "))
          assert.include(error.message, "vm1 is up already with another ")
        }
        assertSame([kernel.snapshot(), yield* leaseRows], before, "untouched")
      })
    )
  )

  it.effect("is compared with what is published now, not with what was once", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(web)
        yield* vmnet.publish("vm1", [Result.getOrThrow(parsePublish("7000:70"))])
        assert.strictEqual((yield* Effect.flip(vmnet.up(web))).code, "VM_CONFLICT")
        const more = { ...web, publish: [...web.publish, Result.getOrThrow(parsePublish("7000:70"))] }
        const { attachment, existing } = yield* vmnet.up(more)
        assert.isTrue(existing)
        assert.deepStrictEqual(
          attachment.publish.map(({ hostPort }) => hostPort),
          [8080, 7000]
        )
        yield* vmnet.unpublish("vm1", more.publish.slice(1))
        assert.isTrue((yield* vmnet.up(web)).existing)
      })
    )
  )

  it.effect("is refused when the VM is not whole any more, and names what is missing", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(web)
        kernel.foreign.unplug(hostNetns, attachment.device.name)
        const error = yield* Effect.flip(vmnet.up(web))
        assert.strictEqual(error.code, "VM_CONFLICT")
        assert.include(error.message, `tap ${attachment.device.name} is missing`)
        yield* vmnet.down("vm1")
        assert.isFalse((yield* vmnet.up(web)).existing)
      })
    )
  )

  it.effect("starts afresh when the process it belonged to is gone", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const owner = kernel.host.startProcess()
        yield* vmnet.up({ ...web, owner })
        assert.isTrue((yield* vmnet.up({ ...web, owner })).existing)
        kernel.host.endProcess(owner.pid)
        const { attachment, existing } = yield* vmnet.up({ ...web, owner: kernel.host.startProcess() })
        assert.deepStrictEqual([existing, attachment.generation], [false, 2])
      })
    )
  )

  it.effect("after down has the same address, device and MAC, another generation and other marks", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { attachment: first } = yield* vmnet.up(web)
        const marks = yield* usedMarks
        yield* vmnet.down("vm1")
        const { attachment: second } = yield* vmnet.up(web)
        assert.deepStrictEqual(second, { ...first, generation: 2 })
        assert.isTrue(Math.min(...(yield* usedMarks)) > Math.max(...marks))
      })
    )
  )
})

describe("down", () => {
  it.effect("of a VM that is not up is success, and so is a second one", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "absent" })
        yield* vmnet.up(web)
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
        assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "absent" })
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )
})

describe("plan", () => {
  it.effect("says what up then does, and neither changes nor reserves anything", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = [kernel.snapshot(), yield* everyRow]
        const plan = yield* vmnet.plan(web)
        assertSame([kernel.snapshot(), yield* everyRow], before, "untouched")
        const { attachment } = yield* vmnet.up(web)
        assert.deepStrictEqual(attachment, { ...plan.attachment, state: "active" })
        const { links, nat } = kernel.snapshot()["host"]!
        const resources = [...plan.shares.flatMap((share) => share.resources), ...plan.resources]
        for (const resource of resources) {
          if (resource.kind === "Bridge" || resource.kind === "Tap") {
            assert.isTrue(links.some(({ link }) => link === resource.link))
          }
        }
        const planned = resources.flatMap((resource) => (resource.kind === "NatElement" ? [resource.element] : []))
        assert.strictEqual(nat.elements.length, planned.length)
      })
    )
  )

  it.effect("of a VM that is up is the plan it was brought up with", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const plan = yield* vmnet.plan(web)
        yield* vmnet.up(web)
        assert.deepStrictEqual(yield* vmnet.plan(web), plan)
      })
    )
  )
})

describe("without the capabilities a change needs", () => {
  it.effect("nothing is tried: exit code 6 and what to do; questions are answered", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const { attachment } = yield* vmnet.up(web)
        const before = [kernel.snapshot(), yield* leaseRows]
        kernel.host.setMissingCapabilities(["CAP_NET_ADMIN"])
        const more = [Result.getOrThrow(parsePublish("7000:70"))]
        const verbs = [
          vmnet.up(request("vm2")),
          vmnet.down("vm1"),
          vmnet.publish("vm1", more),
          vmnet.unpublish("vm1", more)
        ]
        const errors = yield* Effect.forEach(verbs, (verb) => Effect.flip(Effect.asVoid<unknown, unknown, never>(verb)))
        for (const error of errors)
          assert.deepInclude(error, {
            code: "NO_PERMISSION",
            exitCode: 6,
            message: "changing the host's network needs CAP_NET_ADMIN"
          })
        assert.deepStrictEqual(yield* vmnet.up(web), { attachment, existing: true })
        assert.deepStrictEqual(yield* vmnet.list, [attachment])
        yield* vmnet.plan(request("vm2"))
        assertSame([kernel.snapshot(), yield* leaseRows], before, "untouched")
      })
    )
  )
})

describe("an egress policy", () => {
  const elementsOf = (asked: AttachRequest) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(asked)
        const { elements } = kernel.snapshot()["host"]!.nat
        yield* vmnet.down("vm1")
        assertSame(kernel.snapshot(), before, "afterwards")
        return elements.map(({ element }) => element)
      })
    )

  it.effect("is everything outside unless something is said", () =>
    Effect.gen(function* () {
      const elements = yield* elementsOf(request("vm1"))
      assert.strictEqual(elements.find((element) => element._tag === "Guest")?.egress, "all")
    })
  )

  it.effect("of none lets nothing out", () =>
    Effect.gen(function* () {
      const elements = yield* elementsOf(request("vm1", { egress: ["none"] }))
      assert.strictEqual(elements.find((element) => element._tag === "Guest")?.egress, "none")
      assert.isFalse(elements.some((element) => element._tag === "Egress"))
    })
  )

  it.effect("that is a list is exactly that list, once each", () =>
    Effect.gen(function* () {
      const egress = ["203.0.113.0/24:443/tcp", "203.0.113.7:443/tcp", "198.51.100.53:53/udp"]
      const elements = yield* elementsOf(request("vm1", { egress }))
      assert.strictEqual(elements.find((element) => element._tag === "Guest")?.egress, "listed")
      const listed = elements.flatMap((element) =>
        element._tag === "Egress" ? [`${element.destination} ${element.protocol} ${element.ports?.join("-")}`] : []
      )
      assert.sameMembers(listed, ["203.0.113.0/24 tcp 443-443", "198.51.100.53/32 udp 53-53"])
    })
  )
})
