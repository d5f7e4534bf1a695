import { assert } from "@effect/vitest"
import { type ExchangeFailed, type Place, PrivateHost } from "@vmnet/testkit"
import { arrivals } from "@vmnet/testkit/conformance"
import { Effect } from "effect"
import { changing, linkAt, runOk } from "./support/kernel.ts"
import { request } from "./support/memoryHost.ts"
import { container, leavesNoTrace, shareHost } from "./support/realHost.ts"

const web = "http://203.0.113.10/"
const { gateway, subnet } = request("any").network

/** The page that a place gets, or why it gets none. */
const page = (from: Place, url: string, timeout = 2_000) =>
  Effect.flatMap(PrivateHost, (host) =>
    Effect.match(host.http(from, url, { timeout }), {
      onSuccess: ({ seen }) => seen?.page,
      onFailure: (error) => (error as ExchangeFailed).reason
    })
  )

/** The same for what ought not to be answered: silence is believed sooner. */
const silence = (from: Place, url: string) =>
  Effect.map(page(from, url, 400), (answer) => assert.strictEqual(answer, "timeout", `${from} to ${url}`))

const datagram = (from: Place, address: string, port: number, timeout = 2_000) =>
  Effect.flatMap(PrivateHost, (host) =>
    Effect.match(host.udp(from, { address, port, message: "hi" }, { timeout }), {
      onSuccess: ({ seen }) => seen?.page,
      onFailure: (error) => (error as ExchangeFailed).reason
    })
  )

const ping = (from: Place, address: string) =>
  Effect.flatMap(PrivateHost, (host) =>
    Effect.map(
      host.run(from, ["timeout", "0.5", "busybox", "ping", "-c", "1", address]),
      ({ exitCode }) => exitCode === 0
    )
  )

/** Has a guest know the hardware addresses for good: it is not for want of an answer that it sends nothing. */
const knowing = Effect.fnUntraced(function* (at: Place, addresses: ReadonlyArray<string>) {
  for (const address of addresses) {
    assert.isTrue(yield* ping(at, address))
    const [entry] = JSON.parse(yield* runOk(at, ["ip", "-json", "neighbour", "show", "to", address]))
    yield* runOk(at, ["ip", "neighbour", "replace", address, "lladdr", entry.lladdr, "dev", "eth0", "nud", "permanent"])
  }
})

const lab = (settings: string) => `networks: { lab: { subnet: 10.0.43.0/24, ${settings} } }`

shareHost()("guest and host", (it) => {
  it.effect("a guest pings the host and reaches no service of it, whichever address it asks", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        yield* host.serve("host", { port: 7777, page: "host" })
        yield* host.serve("host", { port: 7777, protocol: "udp", page: "host" })
        const guest = yield* container("vm1")
        assert.isTrue(yield* ping(guest.netns, gateway))
        for (const address of [gateway, "192.0.2.10"]) {
          yield* silence(guest.netns, `http://${address}:7777/`)
          assert.strictEqual(yield* datagram(guest.netns, address, 7777, 400), "timeout")
        }
        assert.strictEqual(yield* page("lan", "http://192.0.2.10:7777/"), "host")
      })
    )
  )

  it.effect("hostAccess lets the guests of its network reach the host, and nobody else's", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        yield* host.serve("host", { port: 7777, page: "host" })
        const trusted = yield* container("vm1", { network: "lab" }, lab("hostAccess: true"))
        const other = yield* container("vm2")
        assert.strictEqual(yield* page(trusted.netns, "http://10.0.43.1:7777/"), "host")
        assert.strictEqual(yield* page(trusted.netns, "http://192.0.2.10:7777/"), "host")
        yield* silence(other.netns, `http://${gateway}:7777/`)
      })
    )
  )

  it.effect("a guest reaches nothing at 169.254.169.254, on the host or behind it", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const metadata = "169.254.169.254"
        const guest = yield* container("vm1")
        const local = Effect.gen(function* () {
          yield* changing("host", `ip address add ${metadata}/32 dev lo`, `ip address delete ${metadata}/32 dev lo`)
          yield* host.serve("host", { port: 80, address: metadata, page: "metadata" })
          assert.strictEqual(yield* page("host", `http://${metadata}/`), "metadata")
          yield* silence(guest.netns, `http://${metadata}/`)
        })
        const behind = Effect.gen(function* () {
          yield* changing("lan", `ip address add ${metadata}/32 dev lo`, `ip address delete ${metadata}/32 dev lo`)
          yield* changing("host", `ip route add ${metadata} via 192.0.2.20`, `ip route delete ${metadata}`)
          yield* host.serve("lan", { port: 80, address: metadata, page: "metadata" })
          assert.strictEqual(yield* page("host", `http://${metadata}/`), "metadata")
          const seen = yield* arrivals("lan", `ip daddr ${metadata} ip saddr != 192.0.2.10`)
          yield* silence(guest.netns, `http://${metadata}/`)
          assert.strictEqual(yield* seen, 0)
        })
        yield* Effect.scoped(local)
        yield* Effect.scoped(behind)
      })
    )
  )
})

shareHost()("guest and guest", (it) => {
  it.effect("guests of one network reach one another, of two networks they do not", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const one = yield* container("vm1")
        const two = yield* container("vm2")
        const far = yield* container("vm3", { network: "lab" }, lab(""))
        for (const guest of [two, far]) yield* host.serve(guest.netns, { port: 80, page: "guest" })
        assert.strictEqual(yield* page(one.netns, `http://${two.address}/`), "guest")
        assert.isTrue(yield* ping(one.netns, two.address))
        const seen = yield* arrivals(far.netns, `ip saddr ${one.address}`)
        yield* silence(one.netns, `http://${far.address}/`)
        assert.isFalse(yield* ping(one.netns, far.address))
        assert.strictEqual(yield* seen, 0)
        assert.strictEqual(yield* page("host", `http://${far.address}/`), "guest")
      })
    )
  )

  it.effect(
    "guests of an isolated network reach the internet, and one another neither directly nor by the gateway",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const host = yield* PrivateHost
          const one = yield* container("vm1", { network: "lab" }, lab("isolated: true"))
          const two = yield* container("vm2", { network: "lab" }, lab("isolated: true"))
          yield* host.serve(two.netns, { port: 80, page: "guest" })
          const seen = yield* arrivals(two.netns, `ip saddr ${one.address}`)
          assert.strictEqual(yield* page(one.netns, `http://${two.address}/`, 400), "timeout")
          yield* runOk(one.netns, ["ip", "route", "add", two.address, "via", "10.0.43.1"])
          yield* runOk(two.netns, ["ip", "route", "add", one.address, "via", "10.0.43.1"])
          yield* silence(one.netns, `http://${two.address}/`)
          assert.strictEqual(yield* seen, 0)
          assert.strictEqual(yield* page(one.netns, web), "internet")
          assert.strictEqual(yield* page("host", `http://${two.address}/`), "guest")
        })
      )
  )

  it.effect(
    "what a guest sends with another source address is dropped, to its neighbours, the host and the world",
    () =>
      leavesNoTrace(
        Effect.gen(function* () {
          const host = yield* PrivateHost
          const liar = yield* container("vm1")
          const other = yield* container("vm2")
          const spoofed = gateway.replace(/\d+$/, "251")
          yield* knowing(liar.netns, [other.address, gateway])
          yield* runOk(liar.netns, ["ip", "address", "add", `${spoofed}/24`, "dev", "eth0"])
          const seen = yield* arrivals(other.netns, `ip saddr ${spoofed}`)
          const atHost = yield* arrivals("host", `ip saddr ${spoofed}`)
          const atRouter = yield* arrivals("internet", `ip saddr ${spoofed}`)
          for (const url of [`http://${other.address}/`, web, `http://${gateway}/`]) {
            yield* Effect.flip(host.http(liar.netns, url, { timeout: 400, localAddress: spoofed }))
          }
          assert.deepStrictEqual([yield* seen, yield* atHost, yield* atRouter], [0, 0, 0])
          const claims = yield* arrivals(other.netns, `arp saddr ip ${spoofed}`)
          const claim = ["busybox", "arping", "-U", "-c", "1", "-I", "eth0", "-s", spoofed, spoofed]
          yield* host.run(liar.netns, claim)
          assert.strictEqual(yield* claims, 0)
          assert.strictEqual(yield* page(liar.netns, web), "internet")
        })
      )
  )

  it.effect("what a guest sends with another hardware address is dropped, its own is taken again", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const liar = yield* container("vm1")
        const other = yield* container("vm2")
        yield* knowing(liar.netns, [other.address, gateway])
        const { mac } = yield* linkAt(liar.netns, "eth0")
        const seen = yield* arrivals(other.netns, `ip saddr ${liar.address}`)
        const atHost = yield* arrivals("host", `ip saddr ${liar.address}`)
        yield* runOk(liar.netns, ["ip", "link", "set", "eth0", "address", "02:00:00:00:00:99"])
        assert.notStrictEqual(yield* page(liar.netns, `http://${other.address}/`, 400), "internet")
        assert.notStrictEqual(yield* page(liar.netns, web, 400), "internet")
        assert.deepStrictEqual([yield* seen, yield* atHost], [0, 0])
        yield* runOk(liar.netns, ["ip", "link", "set", "eth0", "address", mac])
        assert.strictEqual(yield* page(liar.netns, web), "internet")
      })
    )
  )

  it.effect("IPv6 does not pass a guest's port, to its neighbours or to the host", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const one = yield* container("vm1")
        const two = yield* container("vm2")
        yield* runOk(one.netns, ["ip", "address", "add", "fd00::1/64", "dev", "eth0", "nodad"])
        yield* runOk(two.netns, ["ip", "address", "add", "fd00::2/64", "dev", "eth0", "nodad"])
        const { mac } = yield* linkAt(two.netns, "eth0")
        // A neighbour entry, so that it is not for want of an answer that nothing is sent.
        yield* runOk(one.netns, ["ip", "neigh", "add", "fd00::2", "lladdr", mac, "dev", "eth0"])
        yield* host.serve(two.netns, { port: 53, protocol: "udp", address: "::", page: "guest" })
        const seen = yield* arrivals(two.netns, "ip6 saddr fd00::1")
        const atHost = yield* arrivals("host", "ip6 saddr fd00::1")
        assert.notStrictEqual(yield* datagram(one.netns, "fd00::2", 53, 400), "guest")
        assert.deepStrictEqual([yield* seen, yield* atHost], [0, 0])
      })
    )
  )
})

shareHost()("guest and world", (it) => {
  it.effect("egress none: nothing beyond the segment, and what is published still answers", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const guest = yield* container("vm1", { egress: ["none"], publish: ["8080:80"] })
        const sibling = yield* container("vm2")
        for (const one of [guest, sibling]) yield* host.serve(one.netns, { port: 80, page: "guest" })
        const seen = yield* arrivals("internet", "ip saddr 192.0.2.10 ip daddr != 192.0.2.20")
        yield* silence(guest.netns, web)
        yield* silence(guest.netns, "http://192.0.2.20/")
        assert.strictEqual(yield* datagram(guest.netns, "198.51.100.1", 7, 400), "timeout")
        assert.isFalse(yield* ping(guest.netns, "198.51.100.1"))
        assert.strictEqual(yield* seen, 0)
        assert.strictEqual(yield* page("lan", "http://192.0.2.10:8080/"), "guest")
        assert.strictEqual(yield* page(guest.netns, `http://${sibling.address}/`), "guest")
        assert.strictEqual(yield* page(sibling.netns, web), "internet")
      })
    )
  )

  it.effect("an egress list admits its destinations, protocols and ports, and nothing beside them", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const egress = ["203.0.113.0/28:80/tcp", "198.51.100.1:7/udp", "198.51.100.0/24:5000-5010/tcp"]
        const guest = yield* container("vm1", { egress })
        const free = yield* container("vm2")
        const ports = [4999, 5000, 5005, 5010, 5011]
        for (const port of ports) yield* host.serve("internet", { port, page: "internet" })
        const reached = (from: Place) =>
          Effect.filter(
            ports,
            (port) => Effect.map(page(from, `http://198.51.100.1:${port}/`, 400), (it) => it === "internet"),
            { concurrency: "unbounded" }
          )
        assert.deepStrictEqual(yield* reached(free.netns), ports)
        assert.deepStrictEqual(yield* reached(guest.netns), [5000, 5005, 5010])
        assert.strictEqual(yield* page(guest.netns, web), "internet")
        assert.strictEqual(yield* datagram(guest.netns, "198.51.100.1", 7), "internet")
        yield* silence(guest.netns, "http://198.51.100.1/")
        assert.strictEqual(yield* datagram(guest.netns, "203.0.113.10", 7, 400), "timeout")
        assert.isFalse(yield* ping(guest.netns, "203.0.113.10"))
      })
    )
  )

  it.effect("a neighbour that routes the subnet by way of the host reaches no guest, and only what is published", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        yield* changing("lan", `ip route add ${subnet} via 192.0.2.10`, `ip route delete ${subnet}`)
        const guest = yield* container("vm1", { publish: ["8080:80"] })
        yield* host.serve(guest.netns, { port: 80, page: "guest" })
        const seen = yield* arrivals(guest.netns, "ip saddr 192.0.2.20")
        yield* silence("lan", `http://${guest.address}/`)
        assert.isFalse(yield* ping("lan", guest.address))
        assert.strictEqual(yield* seen, 0)
        assert.strictEqual(yield* page("lan", "http://192.0.2.10:8080/"), "guest")
      })
    )
  )

  it.effect("without masquerade a guest shows its own address to those who know the way back", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        yield* changing("lan", "ip route add 10.0.43.0/24 via 192.0.2.10", "ip route delete 10.0.43.0/24")
        const guest = yield* container("vm1", { network: "lab" }, lab("masquerade: false"))
        yield* host.serve("lan", { port: 80, page: "lan" })
        const { seen } = yield* host.http(guest.netns, "http://192.0.2.20/")
        assert.strictEqual(seen?.clientAddress, guest.address)
        yield* host.serve(guest.netns, { port: 80, page: "guest" })
        yield* silence("lan", `http://${guest.address}/`)
      })
    )
  )
})
