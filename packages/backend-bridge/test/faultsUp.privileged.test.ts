import { assert } from "@effect/vitest"
import { type AttachRequest, type HostProbe, type Ledger, type UpResult, Vmnet, type VmnetError } from "@vmnet/core"
import { forEachFault, type PrivateHost, type Scenario } from "@vmnet/testkit"
import { Effect } from "effect"
import {
  assertFree,
  assertPicture,
  assertTelling,
  layerFaulty,
  type Picture,
  picture,
  succeeded,
  untilAnswered,
  witness
} from "./support/faultyHost.ts"
import { request } from "./support/memoryHost.ts"
import { emptyNetns, leavesNoTrace, shareHost } from "./support/realHost.ts"
import { ownForwarding, setSysctl } from "./support/sysctls.ts"

const patience = 180_000
const address = request("any").network.gateway.replace(/\d+$/, "77")

interface Options {
  readonly vm1: AttachRequest
  readonly before: Picture
  /** What else has to be true after each run. */
  readonly stillTrue?: Effect.Effect<unknown, unknown, PrivateHost>
}

/** Up, or the host as it was: its links, its firewall, its parameters, its processes, and the ledger too. */
const up = ({
  vm1,
  before,
  stillTrue = Effect.void
}: Options): Scenario<Picture, UpResult, VmnetError, Vmnet | Ledger | HostProbe, PrivateHost> => ({
  world: Effect.succeed(before),
  services: () => layerFaulty,
  run: () => Vmnet.use((vmnet) => vmnet.up(vm1)),
  faults: untilAnswered,
  limit: 60_000,
  check: (run) =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      assertTelling(run)
      if (succeeded(run)) yield* vmnet.down("vm1")
      yield* assertPicture(before, run.words)
      yield* assertFree(vm1, address)
      yield* stillTrue
    })
})

/** The calls that were struck, to be sure that there were some of each kind. */
const assertThorough = (calls: ReadonlyArray<{ readonly method: string }>): void =>
  assert.includeMembers(
    calls.map(({ method }) => method),
    ["Ledger.transact", "LinkOps.apply", "NatOps.apply"]
  )

shareHost()("whatever goes wrong while a VM comes up, the host is as it was", (it) => {
  it.effect(
    "when it is the first, and the uplink forwarded on its own",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          yield* ownForwarding
          setSysctl("ipv4/conf/eth0/forwarding", "1")
          const vm1 = request("vm1", { ip: address, publish: ["8080-8081:80"], egress: ["203.0.113.0/24:80"] })
          const { calls } = yield* forEachFault(up({ vm1, before: yield* picture }))
          assertThorough(calls)
          assert.includeMembers(
            calls.map(({ method }) => method),
            ["SysctlOps.read", "SysctlOps.write", "SysctlOps.forwarding", "LinkOps.snapshot"]
          )
        })
      ),
    patience
  )

  it.effect(
    "when it goes into a namespace, and another VM keeps answering",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const stillTrue = yield* witness
          const netns = yield* emptyNetns("box")
          const vm1 = request("vm1", { ip: address, publish: ["8080:80", "127.0.0.1:53:53/udp"], netns })
          assertThorough((yield* forEachFault(up({ vm1, before: yield* picture, stillTrue }))).calls)
        })
      ),
    patience
  )
})
