import { assert, describe, it } from "@effect/vitest"
import { InterfaceName, Mac } from "@vmnet/core"
import { Effect } from "effect"
import { allocateIdentifier, holdIdentifier } from "../../src/allocator/identifiers.ts"
import { freshLedger, inLedger, install } from "./support/memoryLedger.ts"
import { webRequest } from "./support/requests.ts"
import { releasing, reserving, rowCounts } from "./support/reserving.ts"

describe("a reservation", () => {
  it.effect("writes down everything it takes in one transaction, and a release gives everything back", () =>
    Effect.gen(function* () {
      const { lease, owned } = yield* reserving(webRequest("vm1", "", { publish: ["8080-8082:80", "53:53/udp"] }))
      assert.deepStrictEqual(yield* inLedger(rowCounts), {
        leases: 1,
        addresses: 1,
        identifiers: 4,
        ports: 4,
        holds: 1,
        resources: 1,
        generations: 1,
        networks: 1
      })
      assert.strictEqual(owned[0]!.owner, `vmnet:${install}:vm1:1`)
      const marks = [lease.mark, ...lease.publish.map(({ mark }) => mark)]
      assert.strictEqual(new Set(marks).size, 3)
      yield* releasing("vm1")
      assert.deepStrictEqual(yield* inLedger(rowCounts), { identifiers: 2, generations: 1, networks: 1 })
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("that fails at the last thing it takes leaves none of the others", () =>
    Effect.gen(function* () {
      yield* reserving(webRequest("vm1", "", { publish: ["8080:80"] }))
      const before = yield* inLedger(rowCounts)
      const error = yield* Effect.flip(reserving(webRequest("vm2", "", { publish: ["9090:80", "8080:80"] })))
      assert.strictEqual(error.code, "PORT_IN_USE")
      assert.deepStrictEqual(yield* inLedger(rowCounts), before)
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("has another generation and other marks each time, and the same names", () =>
    Effect.gen(function* () {
      const first = yield* reserving(webRequest("vm1", ""))
      yield* releasing("vm1")
      const second = yield* reserving(webRequest("vm1", ""))
      assert.deepStrictEqual([first.lease.generation, second.lease.generation], [1, 2])
      assert.notStrictEqual(first.lease.mark, second.lease.mark)
      const names = ({ lease }: typeof first) => [lease.device, lease.mac, lease.address]
      assert.deepStrictEqual(names(second), names(first))
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("takes another device name and another MAC where another lease has the derived ones", () =>
    Effect.gen(function* () {
      yield* inLedger((tx) => {
        holdIdentifier(tx, "device", InterfaceName.derive("vmt", install, "vm1", 0), "other")
        holdIdentifier(tx, "device", InterfaceName.derive("vmt", install, "vm1", 1), "other")
        holdIdentifier(tx, "mac", Mac.derive(install, "vm1", 0), "other")
      })
      const { lease } = yield* reserving(webRequest("vm1", ""))
      assert.strictEqual(lease.device, InterfaceName.derive("vmt", install, "vm1", 2))
      assert.strictEqual(lease.mac, Mac.derive(install, "vm1", 1))
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("takes another device name where the kernel has somebody else's device of that name", () =>
    Effect.gen(function* () {
      const avoid = new Set([InterfaceName.derive("vmt", install, "vm1", 0)])
      const { lease } = yield* reserving(webRequest("vm1", ""), { avoid })
      assert.strictEqual(lease.device, InterfaceName.derive("vmt", install, "vm1", 1))
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("gives up with its own code after a bounded number of names", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        inLedger((tx) => {
          holdIdentifier(tx, "device", "same", "other")
          return allocateIdentifier(tx, { kind: "device", vm: "vm1", derive: () => "same", avoid: new Set() })
        })
      )
      assert.deepStrictEqual([error.code, error.exitCode], ["NAME_EXHAUSTED", 5])
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("refuses a MAC that another VM has, naming that VM", () =>
    Effect.gen(function* () {
      const mac = "02:fc:00:00:00:05"
      yield* reserving(webRequest("vm1", "", { mac }))
      const error = yield* Effect.flip(reserving(webRequest("vm2", "", { mac })))
      assert.deepStrictEqual([error.code, error.exitCode], ["MAC_IN_USE", 4])
      assert.strictEqual(error.message, `MAC ${mac} asked for vm2 is in use by vm1`)
    }).pipe(Effect.provide(freshLedger()))
  )

  it.effect("has a name of its own for a veth", () =>
    Effect.gen(function* () {
      const { lease } = yield* reserving(webRequest("vm1", "", { netns: "/run/netns/a" }))
      assert.match(lease.device, /^vmv[a-z2-7]{12}$/)
    }).pipe(Effect.provide(freshLedger()))
  )
})
