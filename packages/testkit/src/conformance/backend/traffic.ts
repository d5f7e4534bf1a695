import { assert } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { patience } from "./BackendSubject.ts"
import { attached, guestOf, guestOn } from "./behind.ts"
import { closed, page } from "./outside.ts"
import type { SuitePart } from "./suiteTests.ts"
import { leavesNoTrace } from "./unchanged.ts"

const web = "http://203.0.113.10/"

/** What a guest is for: it reaches the internet, others reach what it serves, and nothing of it stays. */
export const traffic: SuitePart = (it, subject) => {
  it.effect(
    "a guest reaches the internet with the uplink's address, and is itself reached where it says",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const attachment = yield* attached(subject, "vm1")
          assert.deepStrictEqual(
            (yield* vmnet.list).map(({ vm }) => vm),
            ["vm1"]
          )
          assert.strictEqual(attachment.backend, subject.backend.kind)
          const guest = yield* guestOn(subject, attachment)
          const seen = yield* guest.fetch(web)
          assert.deepStrictEqual([seen?.page, seen?.clientAddress], ["internet", "192.0.2.10"])
          yield* guest.serve({ port: 80, page: "vm1" })
          const own = `http://${attachment.host.address}/`
          if (subject.reached === "address") assert.strictEqual(yield* page("host", own), "vm1")
          yield* closed("lan", "http://192.0.2.10/")
        })
      ),
    patience.test
  )

  it.effect(
    `two guests of one network are ${subject.siblings}, and both reach the internet`,
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const [one, two] = yield* Effect.all([guestOf(subject, "one"), guestOf(subject, "two")], { concurrency: 2 })
          yield* two.serve({ port: 80, page: "two" })
          for (const guest of [one, two]) assert.strictEqual(yield* guest.page(web), "internet")
          const sibling = `http://${two.attachment.host.address}/`
          if (subject.siblings === "reachable") assert.strictEqual(yield* one.page(sibling), "two")
          else assert.isNull(yield* one.page(sibling, 1))
        })
      ),
    patience.test
  )

  it.effect(
    "up again is the same answer, down again is success, and the name may be had anew",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const vmnet = yield* Vmnet
          const attachment = yield* attached(subject, "vm1", { publish: ["8080:80"] })
          const { request } = yield* vmnet.show("vm1")
          const again = yield* vmnet.up(request)
          assert.deepStrictEqual([again.existing, again.attachment], [true, attachment])
          const other = yield* Effect.flip(vmnet.up({ ...request, publish: [] }))
          assert.deepStrictEqual([other.code, other.exitCode], ["VM_CONFLICT", 4])
          assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "removed" })
          assert.deepStrictEqual(yield* vmnet.down("vm1"), { vm: "vm1", outcome: "absent" })
          const fresh = yield* vmnet.up(request)
          assert.deepStrictEqual([fresh.existing, fresh.attachment.guest.mac], [false, attachment.guest.mac])
          assert.isAbove(fresh.attachment.generation, attachment.generation)
        })
      ),
    patience.test
  )
}
