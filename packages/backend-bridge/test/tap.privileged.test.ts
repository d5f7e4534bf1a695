import { assert, it } from "@effect/vitest"
import { type Attachment, Vmnet } from "@vmnet/core"
import { Guest } from "@vmnet/testkit"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { request } from "./support/memoryHost.ts"
import { leavesNoTrace, onPrivateHost } from "./support/realHost.ts"

const attached = Effect.fn("attached")(function* (vm: string, flags: Parameters<typeof request>[1] = {}) {
  const vmnet = yield* Vmnet
  const up = Effect.map(vmnet.up(request(vm, flags)), ({ attachment }) => attachment)
  return yield* Effect.acquireRelease(up, () => Effect.orDie(vmnet.down(vm)))
})

const bootOptions = ({ device, guest }: Attachment) => ({
  device: device.name,
  mac: guest.mac,
  address: guest.address,
  gateway: guest.gateway,
  dns: ["198.51.100.53"]
})

it.live("a TAP belongs to the user that will open it, and goes away under a VMM that still holds it", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const vmnet = yield* Vmnet
        const one = yield* attached("one", { tapOwner: "1234:5678" })
        const owner = (field: string) => readFileSync(`/sys/class/net/${one.device.name}/${field}`, "utf8").trim()
        assert.deepStrictEqual([owner("owner"), owner("group")], ["1234", "5678"])
        const two = yield* attached("two")
        assert.strictEqual(readFileSync(`/sys/class/net/${two.device.name}/owner`, "utf8").trim(), "0")
        const guest = yield* Guest.boot(bootOptions(one))
        assert.strictEqual((yield* guest.exec(["ping", "-c", "1", one.guest.gateway])).exitCode, 0)
        yield* vmnet.down("one")
        assert.isFalse(existsSync(`/sys/class/net/${one.device.name}`))
        const { exitCode } = yield* guest.exec(["ping", "-c", "1", "-W", "1", one.guest.gateway])
        assert.notStrictEqual(exitCode, 0)
      }).pipe(Effect.scoped)
    )
  )
)
