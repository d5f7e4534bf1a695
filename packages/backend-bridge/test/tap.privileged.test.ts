import { assert, it } from "@effect/vitest"
import { type Attachment, Vmnet } from "@vmnet/core"
import { Guest, type GuestShape, PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { request } from "./support/memoryHost.ts"
import { leavesNoTrace, onPrivateHost } from "./support/realHost.ts"

const web = "http://203.0.113.10/"

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

const fetched = (guest: GuestShape, url: string) =>
  Effect.map(guest.exec(["wget", "-q", "-O", "-", "-T", "3", url]), ({ exitCode, stdout }) => ({ exitCode, stdout }))

it.live("real guests on TAPs reach the internet, one another and the LAN, and leave no trace", () =>
  onPrivateHost(
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const one = yield* attached("one", { publish: ["8080:80", "5353:53/udp"] })
        const two = yield* attached("two")
        const [a, b] = yield* Effect.all([Guest.boot(bootOptions(one)), Guest.boot(bootOptions(two))], {
          concurrency: 2
        })
        for (const guest of [a, b]) {
          const page = yield* fetched(guest, web)
          assert.include(page.stdout, '"page":"internet"')
          assert.include(page.stdout, '"clientAddress":"192.0.2.10"')
        }
        yield* a.serve({ port: 80, page: "one" })
        yield* a.serve({ port: 53, protocol: "udp", page: "one" })
        assert.include((yield* fetched(b, `http://${one.host.address}/`)).stdout, '"page":"one"')
        const fromLan = yield* host.http("lan", "http://192.0.2.10:8080/")
        assert.deepStrictEqual([fromLan.seen?.page, fromLan.seen?.clientAddress], ["one", "192.0.2.20"])
        assert.strictEqual((yield* host.http("host", "http://127.0.0.1:8080/")).seen?.page, "one")
        const datagram = { address: "192.0.2.10", port: 5353, message: "hi" }
        assert.strictEqual((yield* host.udp("lan", datagram)).seen?.page, "one")
        const name = yield* a.exec(["nslookup", "example.test", "198.51.100.53"])
        assert.include(name.stdout, "203.0.113.10")
      }).pipe(Effect.scoped)
    )
  )
)

it.live("a guest that takes another address or MAC is heard by nobody", () =>
  onPrivateHost(
    Effect.gen(function* () {
      const one = yield* attached("one")
      const two = yield* attached("two")
      const stolen = yield* Guest.boot({ ...bootOptions(one), address: two.guest.address })
      assert.notStrictEqual((yield* fetched(stolen, web)).exitCode, 0)
      const forged = yield* Guest.boot({ ...bootOptions(two), mac: "02:fc:00:00:00:99" })
      assert.notStrictEqual((yield* fetched(forged, web)).exitCode, 0)
    }).pipe(Effect.scoped)
  )
)

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
        yield* vmnet.down("one")
        assert.isFalse(existsSync(`/sys/class/net/${one.device.name}`))
        assert.notStrictEqual((yield* fetched(guest, web)).exitCode, 0)
      }).pipe(Effect.scoped)
    )
  )
)
