import { assert, it } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { Effect } from "effect"
import { onMachine } from "./support/machine.ts"
import { request } from "./support/request.ts"

const on = (vm: string, options: string) =>
  request(vm, { network: "fleet" }, `networks: { fleet: { backend: tap, subnet: 10.9.0.0/24${options} } }`)

it.live("a pool gets another size under VMs that are up, another MTU waits for them to go", () =>
  onMachine(() =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      yield* vmnet.up(on("one", ", pool: { warm: 1 }"))
      const { network } = on("any", ", pool: { warm: 3 }")
      assert.deepInclude(yield* vmnet.warm(network), { ready: 3, leased: 1 })
      yield* vmnet.up(on("two", ", pool: { warm: 3 }"))
      yield* vmnet.up(on("three", ""))
      const error = yield* Effect.flip(vmnet.up(on("four", ", mtu: 1400")))
      assert.strictEqual(error.code, "NETWORK_CONFLICT")
    })
  )
)
