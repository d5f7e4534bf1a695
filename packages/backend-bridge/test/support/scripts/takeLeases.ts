import { Backends, layerLedgerSqlite, layerVmnet, Vmnet } from "@vmnet/core"
import { MemoryKernel } from "@vmnet/testkit"
import { Effect, Layer, Result } from "effect"
import { nullBackend } from "../../../../core/test/allocator/support/nullBackend.ts"
import { procProbe } from "../../../../core/test/ledger/support/procProbe.ts"
import { install, request } from "../memoryHost.ts"

// takeLeases.ts STATEDIR NAME BIG SMALL CONFIG: brings VMs up, BIG of them on network `big`, then SMALL on `small`. A line
// of JSON for each: what it got, or the code of the refusal. The ledger is the real one, the kernel this process's own.

const [stateDir, name, big, small, config] = process.argv.slice(2) as [string, string, string, string, string]

const kernel = MemoryKernel.make()

const layer = layerVmnet.pipe(
  Layer.provide(layerLedgerSqlite({ stateDir, install })),
  Layer.provide(Layer.merge(kernel.layer, procProbe)),
  Layer.provide(Backends.layerOf([nullBackend]))
)

const take = (network: string, count: string) =>
  Effect.gen(function* () {
    const vmnet = yield* Vmnet
    for (let number = 0; number < Number(count); number++) {
      const publish = network === "big" ? [`${10_000 + Number(name) * 100 + number}:80`] : []
      const result = yield* Effect.result(
        vmnet.up(request(`${network}-${name}-${number}`, { network, publish }, config))
      )
      console.log(
        Result.match(result, {
          onSuccess: ({ attachment }) => JSON.stringify({ network, attachment }),
          onFailure: (error) => JSON.stringify({ network, code: error.code, exitCode: error.exitCode })
        })
      )
    }
  })

console.log("ready")
process.stdin.once("data", () => {
  const program = Effect.andThen(take("big", big), take("small", small))
  void Effect.runPromise(Effect.provide(program, layer))
})
