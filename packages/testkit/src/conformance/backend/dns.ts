import { assert } from "@effect/vitest"
import { HostProbe, Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { rmSync, writeFileSync } from "node:fs"
import { PrivateHost } from "../../host/PrivateHost.ts"
import { type BackendSubject, patience } from "./BackendSubject.ts"
import { guestOf, placeFor } from "./behind.ts"
import { runAt } from "./outside.ts"
import { type Flags, requestFor, resolver } from "./requestFor.ts"
import type { SuitePart } from "./suiteTests.ts"
import { leavesNoTrace } from "./unchanged.ts"

/** The host's own `/etc/resolv.conf` says this, in this mount namespace, while the scope lives. */
const resolvConf = (...nameservers: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const file = "/run/vmnet-resolv.conf"
      writeFileSync(file, nameservers.map((one) => `nameserver ${one}\n`).join(""))
      return Effect.as(runAt("host", ["mount", "--bind", file, "/etc/resolv.conf"]), file)
    }),
    (file) =>
      Effect.andThen(
        runAt("host", ["umount", "/etc/resolv.conf"]),
        Effect.sync(() => rmSync(file))
      )
  )

/** The resolvers a guest would be told when the host's are these. */
const told = (subject: BackendSubject, place: Flags, nameservers: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const [vmnet, probe] = [yield* Vmnet, yield* HostProbe]
    yield* resolvConf(...nameservers)
    const request = requestFor(subject, "vm1", place, { resolvers: yield* probe.resolvers })
    const { attachment } = yield* vmnet.plan(request)
    return attachment.guest.dns
  }).pipe(Effect.scoped)

/** Names are looked up by the resolver that the network says, and a guest is never told one that only the host can reach. */
export const dns: SuitePart = (it, subject) => {
  it.effect(
    "a guest looks names up by the resolver it is given",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          yield* resolvConf(resolver)
          const { addresses } = yield* PrivateHost
          const guest = yield* guestOf(subject, "vm1")
          assert.isNotEmpty(guest.attachment.guest.dns)
          assert.deepStrictEqual(yield* guest.lookup("example.test"), [addresses.web])
          assert.deepStrictEqual(yield* guest.lookup("absent.test"), [])
        })
      ),
    patience.test
  )

  it.effect(
    "a resolver on the host's loopback is never handed to a guest",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const place = yield* placeFor(subject, "vm1")
          assert.isNotEmpty(yield* told(subject, place, ["127.0.0.53", resolver]))
          for (const nameservers of [["127.0.0.53", resolver, "::1", "127.0.0.1"], ["127.0.0.53"]]) {
            for (const one of yield* told(subject, place, nameservers)) assert.notMatch(one, /^(127\.|::1$)/)
          }
        })
      ),
    patience.test
  )
}
