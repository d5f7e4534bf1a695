import { assert, describe, it } from "@effect/vitest"
import { formatPublish, parsePublish, Vmnet } from "@vmnet/core"
import type { MemoryKernel } from "@vmnet/testkit"
import { assertSame, leaseRows } from "@vmnet/testkit/conformance"
import { Effect, Result } from "effect"
import { onMachine } from "./support/host.ts"
import { request } from "./support/memoryHost.ts"

const specs = (...texts: ReadonlyArray<string>) => texts.map((text) => Result.getOrThrow(parsePublish(text)))

const published = (kernel: MemoryKernel): ReadonlyArray<string> => {
  const { host } = kernel.snapshot()
  return host!.nat.elements.flatMap(({ element }) => (element._tag === "Publish" ? [formatPublish(element)] : []))
}

describe("publish", () => {
  it.effect("adds ports to a live VM, and unpublish takes them back, each by its name", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
        const before = [kernel.snapshot(), yield* leaseRows]
        const more = specs("7000-7002:70", "127.0.0.1:53:53/udp", "192.0.2.10:443:4443")
        const attachment = yield* vmnet.publish("vm1", more)
        assert.deepStrictEqual(attachment, (yield* vmnet.show("vm1")).attachment)
        assert.sameMembers(
          [...published(kernel)],
          ["8080:80/tcp", "7000-7002:70-72/tcp", "127.0.0.1:53:53/udp", "192.0.2.10:443:4443/tcp"]
        )
        yield* vmnet.unpublish("vm1", specs("127.0.0.1:53:53/udp"))
        assert.sameMembers([...published(kernel)], ["8080:80/tcp", "7000-7002:70-72/tcp", "192.0.2.10:443:4443/tcp"])
        yield* vmnet.unpublish("vm1", specs("7000-7002:70", "192.0.2.10:443:4443"))
        assertSame([kernel.snapshot(), yield* leaseRows], before, "as before")
      })
    )
  )

  it.effect("gives every range a mark that was never used before", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(request("vm1"))
        const seen = new Set<number>()
        for (let time = 0; time < 5; time++) {
          yield* vmnet.publish("vm1", specs("7000:70", "7001:70"))
          for (const { element } of kernel.snapshot()["host"]!.nat.elements) {
            if ("mark" in element) seen.add(element.mark)
          }
          yield* vmnet.unpublish("vm1", specs("7000:70", "7001:70"))
        }
        assert.strictEqual(seen.size, 1 + 5 * 2)
      })
    )
  )

  it.effect.each([
    {
      what: "another VM has one of them",
      texts: ["7000:70", "9090:90"],
      code: "PORT_IN_USE",
      says: "published by other"
    },
    { what: "it has one of them itself", texts: ["7000:70", "8080:81"], code: "PORT_IN_USE", says: "by vm1 already" },
    { what: "two of them collide", texts: ["7000:70", "7000:71"], code: "PORT_IN_USE", says: "by vm1 already" },
    {
      what: "a program of the host listens",
      texts: ["7000:70", "22:22"],
      code: "PORT_IN_USE",
      says: "22/tcp is in use"
    },
    {
      what: "a range meets a listener",
      texts: ["20-30:20"],
      code: "PORT_IN_USE",
      says: "22/tcp is in use by a program"
    },
    {
      what: "the host lacks the address",
      texts: ["7000:70", "192.0.2.11:443:443"],
      code: "BAD_INPUT",
      says: "192.0.2.11"
    }
  ])("publishes all or none: none when $what", ({ texts, code, says }) =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        kernel.host.bind({ protocol: "tcp", address: "0.0.0.0", port: 22 })
        yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
        yield* vmnet.up(request("other", { publish: ["9090:80"] }))
        const before = [kernel.snapshot(), yield* leaseRows]
        const error = yield* Effect.flip(vmnet.publish("vm1", specs(...texts)))
        assert.strictEqual(error.code, code)
        assert.include(error.message, says)
        assertSame([kernel.snapshot(), yield* leaseRows], before, "untouched")
      })
    )
  )

  it.effect("of an unknown VM, or of a range that was never published so, says what there is", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const unknown = yield* Effect.flip(vmnet.publish("nobody", specs("7000:70")))
        assert.deepStrictEqual([unknown.code, unknown.exitCode], ["VM_NOT_FOUND", 3])
        yield* vmnet.up(request("vm1", { publish: ["8080-8081:80"] }))
        const before = kernel.snapshot()
        for (const text of ["8080:80", "8080-8081:81", "8080-8081:80/udp", "127.0.0.1:8080-8081:80"]) {
          const error = yield* Effect.flip(vmnet.unpublish("vm1", specs("8080-8081:80", text)))
          assert.deepStrictEqual([error.code, error.exitCode], ["PUBLISH_NOT_FOUND", 3])
          assert.strictEqual(error.hint, "It publishes: 8080-8081:80-81/tcp")
        }
        assertSame(kernel.snapshot(), before, "untouched")
      })
    )
  )
})

describe("a port of the host", () => {
  const listeners = [
    { listens: "0.0.0.0", wants: "8080:80", collides: true },
    { listens: "127.0.0.1", wants: "8080:80", collides: true },
    { listens: "0.0.0.0", wants: "127.0.0.1:8080:80", collides: true },
    { listens: "127.0.0.1", wants: "127.0.0.1:8080:80", collides: true },
    { listens: "127.0.0.1", wants: "192.0.2.10:8080:80", collides: false },
    { listens: "::", wants: "192.0.2.10:8080:80", collides: true },
    { listens: "0.0.0.0", wants: "8080:80/udp", collides: false },
    { listens: "0.0.0.0", wants: "8000-8079:80", collides: false }
  ]

  it.effect.each(listeners)(
    "that a program has on $listens: $wants collides is $collides",
    ({ collides, listens, wants }) =>
      onMachine(({ kernel }) =>
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          kernel.host.bind({ protocol: "tcp", address: listens, port: 8080 })
          const result = yield* Effect.result(vmnet.up(request("vm1", { publish: [wants] })))
          assert.strictEqual(Result.isFailure(result), collides)
          if (Result.isFailure(result)) {
            assert.deepStrictEqual([result.failure.code, result.failure.exitCode], ["PORT_IN_USE", 4])
            assert.include(result.failure.message, "vm1: host port 8080/tcp is in use by a program of the host")
            assert.deepStrictEqual(yield* vmnet.list, [])
          }
        })
      )
  )

  it.effect("on an address the host does not have is bad input, and the hint lists those it has", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const error = yield* Effect.flip(vmnet.up(request("vm1", { publish: ["198.18.7.7:80:80"] })))
        assert.deepStrictEqual([error.code, error.exitCode], ["BAD_INPUT", 2])
        assert.strictEqual(error.message, "vm1: cannot publish on 198.18.7.7: the host has no such address")
        assert.include(error.hint, "192.0.2.10")
      })
    )
  )

  it.effect("is free for the next VM when the one that had it is gone", () =>
    onMachine(({ kernel }) =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const before = kernel.snapshot()
        yield* vmnet.up(request("vm1", { publish: ["8080:80"] }))
        const error = yield* Effect.flip(vmnet.up(request("vm2", { publish: ["8080:80"] })))
        assert.strictEqual(error.message, "host port 8080/tcp on 0.0.0.0 is published by vm1")
        yield* vmnet.down("vm1")
        yield* vmnet.up(request("vm2", { publish: ["8080:80"] }))
        yield* vmnet.down("vm2")
        assertSame(kernel.snapshot(), before, "afterwards")
      })
    )
  )
})
