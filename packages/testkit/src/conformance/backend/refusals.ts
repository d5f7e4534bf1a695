import { assert } from "@effect/vitest"
import { Vmnet, type VmnetError } from "@vmnet/core"
import { Effect, Result } from "effect"
import { PrivateHost } from "../../host/PrivateHost.ts"
import { patience, type BackendSubject } from "./BackendSubject.ts"
import { attached, placeFor } from "./behind.ts"
import { type Flags, requestFor, resolveFor, specs } from "./requestFor.ts"
import type { SuitePart } from "./suiteTests.ts"
import { leavesNoTrace } from "./unchanged.ts"

/** Asked for in vain: nothing is changed. */
const refusal = Effect.fn("refusal")(function* (subject: BackendSubject, flags: Flags) {
  const vmnet = yield* Vmnet
  const place = yield* placeFor(subject, "refused")
  return yield* leavesNoTrace(Effect.flip(vmnet.up(requestFor(subject, "refused", { ...place, ...flags }))))
}, Effect.scoped)

const assertRefused = (error: VmnetError, code: string, exitCode: number): void => {
  assert.deepStrictEqual([error.code, error.exitCode], [code, exitCode], error.message)
  assert.isNotEmpty(error.hint ?? error.message)
}

const badInputs: ReadonlyArray<readonly [words: string, vm: string, flags: Flags]> = [
  ["a name that climbs", "../vm1", {}],
  ["a name that is an option", "--all", {}],
  ["a port that is none", "vm1", { publish: ["0:80"] }],
  ["a range that leaves the ports", "vm1", { publish: ["65000-65535:65500"] }],
  ["a port published twice", "vm1", { publish: ["8080:80", "8080:81"] }],
  ["a protocol that is none", "vm1", { publish: ["8080:80/icmp"] }],
  ["a MAC of a group", "vm1", { mac: "01:00:5e:00:00:01" }],
  ["a destination that is none", "vm1", { egress: ["300.1.2.3"] }]
]

/** What cannot be had is refused before anything is touched, by name. */
export const refusals: SuitePart = (it, subject) => {
  it.effect(
    "a port that another VM or a program has is refused, alone and within a range, and nothing is changed",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const [host, vmnet] = [yield* PrivateHost, yield* Vmnet]
          yield* attached(subject, "vm1", { publish: ["8080:80", "9090:90"] })
          for (const publish of ["8080:80", "8070-8090:80", "192.0.2.11:8080:80"]) {
            const error = yield* refusal(subject, { publish: ["7000:70", publish] })
            assertRefused(error, "PORT_IN_USE", 4)
            assert.include(error.message, "vm1")
          }
          yield* host.serve("host", { address: "192.0.2.11", port: 6000, page: "host" })
          assertRefused(yield* refusal(subject, { publish: ["6000:80"] }), "PORT_IN_USE", 4)
          const more = specs(subject, "7000:70", "9090:90", "6000:80")
          yield* leavesNoTrace(Effect.flip(vmnet.publish("vm1", more)))
          const { attachment } = yield* vmnet.show("vm1")
          assert.deepStrictEqual(attachment.publish.map(({ hostPort }) => hostPort).toSorted(), [8080, 9090])
        })
      ),
    patience.test
  )

  it.effect(
    "an address that the host does not have, a VM and a port that are not there: refused, and nothing is changed",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          assertRefused(yield* refusal(subject, { publish: ["192.0.2.99:8080:80"] }), "BAD_INPUT", 2)
          yield* attached(subject, "vm1")
          const some = specs(subject, "8080:80")
          assert.strictEqual((yield* leavesNoTrace(Effect.flip(vmnet.publish("nobody", some)))).exitCode, 3)
          assert.strictEqual((yield* leavesNoTrace(Effect.flip(vmnet.unpublish("vm1", some)))).exitCode, 3)
        })
      ),
    patience.test
  )

  it.effect.each(badInputs)("bad input: %s", ([, vm, flags]) =>
    Effect.sync(() => {
      const answer = resolveFor(subject, vm, flags)
      const code = Result.isFailure(answer) ? [answer.failure.code, answer.failure.exitCode] : answer.success
      assert.deepStrictEqual(code, ["BAD_INPUT", 2])
    })
  )
}
