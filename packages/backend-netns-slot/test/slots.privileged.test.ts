import { assert, layer } from "@effect/vitest"
import { type Attachment, HostProbe, Vmnet } from "@vmnet/core"
import { guest as identity, netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { Guest, type GuestShape, type Place, PrivateHost } from "@vmnet/testkit"
import { layerOnPrivateHost, changing, leavesNoTrace, requestFor, runAt } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { native, slots } from "./support/subject.ts"

const page = "http://203.0.113.10/"

const request = (vm: string, flags: Parameters<typeof requestFor>[2] = {}, config?: string) =>
  requestFor({ ...slots, ...(config !== undefined && { config }) }, vm, flags)

const attached = Effect.fnUntraced(function* (...asked: Parameters<typeof request>) {
  const vmnet = yield* Vmnet
  const up = Effect.map(vmnet.up(request(...asked)), ({ attachment }) => attachment)
  return yield* Effect.acquireRelease(up, () => Effect.orDie(vmnet.down(asked[0])))
})

/** Continued from one snapshot, in which its network was configured: nothing about it is its own. */
const resumed = ({ device }: Attachment) =>
  Guest.boot({
    device: device.name,
    netns: device.netns!,
    mac: identity.mac,
    address: `${identity.address}/${identity.prefix}`,
    gateway: identity.gateway,
    resumed: true
  })

const placeOf = ({ device }: Attachment): Place => device.netns as `/${string}`

interface Clone {
  readonly name: string
  readonly attachment: Attachment
  readonly guest: GuestShape
}

const answers = Effect.fnUntraced(function* ({ attachment, name }: Clone) {
  const host = yield* PrivateHost
  const { seen } = yield* host.http("host", `http://${attachment.host.address}/`)
  assert.strictEqual(seen?.page, name)
})

layer(layerOnPrivateHost({ ...native, backends: [netnsSlotBackend] }), {
  excludeTestServices: true,
  timeout: 60_000
})("slots", (it) => {
  it.effect(
    "twenty guests of one snapshot run at once, each told apart outside, and one that goes leaves the rest",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const host = yield* PrivateHost
          const vmnet = yield* Vmnet
          yield* host.serve("host", { port: 7000, page: "the host" })
          const names = Array.from({ length: 20 }, (_, index) => `clone${index + 1}`)
          const open = "networks: { netns: { backend: netns, hostAccess: true } }"
          const attachments = yield* Effect.forEach(names, (name) => attached(name, {}, open))
          const guests = yield* Effect.forEach(attachments, resumed, { concurrency: 2 })
          const clones = names.map((name, index): Clone => ({
            name,
            attachment: attachments[index]!,
            guest: guests[index]!
          }))
          for (const [index, { attachment, guest, name }] of clones.entries()) {
            assert.deepStrictEqual(
              [attachment.host.address, attachment.device.netns],
              [`10.11.0.${index + 1}`, `/run/netns/vmnet-${index + 1}`]
            )
            assert.deepInclude(attachment.guest, { address: "169.254.0.21/30", mac: "02:fc:00:00:00:05" })
            yield* guest.serve({ port: 80, page: name })
          }
          yield* Effect.forEach(clones, answers, { discard: true })
          // Each is itself to the host, and the host to the world.
          for (const { attachment, guest } of clones.filter((_, index) => index % 7 === 0)) {
            const inner = yield* guest.exec(["ip", "-4", "-o", "address", "show", "eth0"])
            assert.include(inner.stdout, "169.254.0.21/30")
            const toHost = yield* guest.exec(["wget", "-q", "-O", "-", "-T", "5", "http://192.0.2.10:7000/"])
            assert.include(toHost.stdout, `"clientAddress":"${attachment.host.address}"`)
            const out = yield* guest.exec(["wget", "-q", "-O", "-", "-T", "5", page])
            assert.include(out.stdout, '"clientAddress":"192.0.2.10"')
          }
          yield* vmnet.down("clone7")
          assert.isFalse(existsSync("/run/netns/vmnet-7"))
          yield* Effect.forEach(
            clones.filter(({ name }) => name !== "clone7"),
            answers,
            { discard: true }
          )
          const again = yield* attached("late", {}, open)
          assert.strictEqual(again.host.address, "10.11.0.21", "a slot is not handed on at once")
        })
      ),
    180_000
  )

  it.effect("neither side asks by ARP for the other, so a resumed guest's first packet arrives", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const attachment = yield* attached("quick")
        const guest = yield* resumed(attachment)
        const netns = placeOf(attachment)
        const neighbours = [
          yield* runAt("host", ["ip", "-4", "neighbour", "show", "nud", "permanent"]),
          yield* runAt(netns, ["ip", "-4", "neighbour", "show", "nud", "permanent"])
        ]
        assert.match(neighbours[0]!, /^10\.12\.0\.\d+ dev vmv\S+ lladdr 02:fc:00:00:00:02 PERMANENT/)
        assert.include(neighbours[1]!, "169.254.0.21 dev tap0 lladdr 02:fc:00:00:00:05 PERMANENT")
        assert.match(neighbours[1]!, /^10\.12\.0\.\d+ dev eth0 lladdr 02:fc:00:00:00:01 PERMANENT/m)
        yield* guest.serve({ port: 80, page: "quick" })
        yield* answers({ name: "quick", attachment, guest })
        const learned = yield* runAt(netns, ["ip", "-4", "-s", "neighbour", "show", "nud", "all"])
        assert.notMatch(learned, /REACHABLE|STALE|DELAY|PROBE|INCOMPLETE/)
      })
    )
  )

  it.effect("a guest that speaks ARP for others fills nobody's neighbour table", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const attachment = yield* attached("liar")
        const guest = yield* resumed(attachment)
        for (const address of ["10.99.0.1", "192.0.2.20", "169.254.7.7"]) {
          yield* guest.exec(["ip", "address", "add", `${address}/32`, "dev", "eth0"])
          yield* guest.exec(["arping", "-c", "2", "-w", "2", "-I", "eth0", "-s", address, identity.gateway])
        }
        const known = yield* runAt(placeOf(attachment), ["ip", "-4", "neighbour", "show", "dev", "tap0", "nud", "all"])
        assert.strictEqual(known.trim(), `${identity.address} lladdr ${identity.mac} PERMANENT`)
      })
    )
  )

  it.effect("forwards in there whatever the host does, and touches no switch of the host's but the held ones", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const attachment = yield* attached("one", {}, "forwarding: per-interface")
        const flag = (at: Place, link: string) => runAt(at, ["cat", `/proc/sys/net/ipv4/conf/${link}/forwarding`])
        const netns = placeOf(attachment)
        assert.deepStrictEqual(
          [yield* flag(netns, "tap0"), yield* flag(netns, "eth0"), yield* flag("host", "all")],
          ["1\n", "1\n", "0\n"]
        )
      })
    )
  )

  it.effect(
    "namespaces of that name that are somebody else's are left alone, and the next slot taken, however many",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const lab = "networks: { lab: { backend: netns, subnet: 10.21.0.0/24, links: 10.22.0.0/24 } }"
          const own = { network: "lab" }
          const taken = Array.from({ length: 12 }, (_, index) => `vmnet-lab-${index + 1}`)
          for (const name of taken) yield* changing("host", `ip netns add ${name}`, `ip netns delete ${name}`)
          const identity = () => probe.namespace({ _tag: "Path", path: "/run/netns/vmnet-lab-1" })
          const probe = yield* HostProbe
          const before = identity()
          const { device, host } = yield* attached("one", own, lab)
          assert.deepStrictEqual([device.netns, host.address], ["/run/netns/vmnet-lab-13", "10.21.0.13"])
          assert.strictEqual(identity(), before)
          const refused = yield* Effect.flip((yield* Vmnet).up(request("two", { ...own, slot: "1" }, lab)))
          assert.strictEqual(refused.code, "NAME_TAKEN")
          const beside = yield* attached("three")
          assert.match(beside.device.netns!, /^\/run\/netns\/vmnet-\d+$/)
        })
      )
  )
})
