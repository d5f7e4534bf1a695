import { assert, describe, it } from "@effect/vitest"
import { parsePublish, Vmnet } from "@vmnet/core"
import { Effect, Result } from "effect"
import { onMachine } from "./support/host.ts"
import { request } from "./support/memoryHost.ts"

const web = request("vm1", { publish: ["8080:80"], egress: ["203.0.113.0/24:443"] })
const spec = (text: string) => Result.getOrThrow(parsePublish(text))

describe("the conflict of `up` with a VM that is up", () => {
  it.effect("with other ports names them, and how they are changed", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(web)
        yield* vmnet.publish("vm1", ["7000:70", "127.0.0.1:7001:71/udp"].map(spec))
        const error = yield* Effect.flip(vmnet.up({ ...web, publish: [spec("7000:70"), spec("9000:90")] }))
        const extra = ["8080:80/tcp", "127.0.0.1:7001:71/udp"]
        assert.strictEqual(
          error.message,
          `vm1 is up already with another publish: it publishes ${extra.join(" ")} as well; it does not publish 9000:90/tcp`
        )
        assert.strictEqual(
          error.hint,
          "Ask for the ports it has (vmnet show vm1), or change them with: " +
            `vmnet unpublish vm1 ${extra.join(" ")}; vmnet publish vm1 9000:90/tcp`
        )
        assert.deepStrictEqual(error.details?.["publish"], { extra, missing: ["9000:90/tcp"] })
        assert.isTrue(
          (yield* vmnet.up({ ...web, publish: ["127.0.0.1:7001:71/udp", "7000:70", "8080:80"].map(spec) })).existing
        )
      })
    )
  )

  it.effect("with other settings says what they are", () =>
    onMachine(() =>
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        yield* vmnet.up(web)
        const network = { ...web.network, mtu: 1400, isolated: true }
        const error = yield* Effect.flip(
          vmnet.up({ ...web, network, tapOwner: { uid: 1000 }, egress: { _tag: "None" } })
        )
        for (const words of ["mtu is 1500, not 1400", "isolated is false, not true", "tapOwner is none, not 1000"]) {
          assert.include(error.message, words)
        }
        assert.match(error.message, /; egress is .*, not none/)
        assert.match(error.hint!, /vmnet down vm1, then up again/)
        const elsewhere = yield* Effect.flip(vmnet.up({ ...web, network: { ...network, network: "web" } }))
        assert.strictEqual(elsewhere.message, "vm1 is up already with another network: network is bridge, not web")
      })
    )
  )
})
