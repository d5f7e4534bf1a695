import { assert } from "@effect/vitest"
import { Vmnet } from "@vmnet/core"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { changing, linkAt, runOk } from "./support/kernel.ts"
import { request } from "./support/memoryHost.ts"
import { container, emptyNetns, leavesNoTrace, shareHost, tap } from "./support/realHost.ts"

const web = "http://203.0.113.10/"
const { subnet } = request("any").network

/**
 * Somebody else's bridge and TAP with names and tags much like ours, a container on it that he masquerades and publishes
 * on port 8081, and rules of his about our subnet, in nftables and in iptables.
 */
const somebody = Effect.gen(function* () {
  const host = yield* PrivateHost
  const load = (stdin: string) =>
    Effect.map(Effect.orDie(host.run("host", ["nft", "-f", "-"], { stdin })), ({ exitCode, stderr }) =>
      assert.strictEqual(exitCode, 0, stderr)
    )
  yield* changing("host", "ip link add vmbforeign type bridge", "ip link delete vmbforeign")
  yield* changing("host", "ip tuntap add dev vmtforeign mode tap", "ip link delete vmtforeign")
  const box = yield* emptyNetns("theirs")
  yield* runOk("host", ["ip", "link", "add", "vmvforeign", "type", "veth", "peer", "name", "eth0", "netns", "theirs"])
  for (const link of ["vmvforeign", "vmtforeign"]) {
    yield* runOk("host", ["ip", "link", "set", link, "alias", "vmnet:ffffffff:vm1:1", "master", "vmbforeign", "up"])
  }
  yield* runOk("host", ["ip", "address", "add", "172.31.0.1/24", "dev", "vmbforeign"])
  yield* runOk("host", ["ip", "link", "set", "vmbforeign", "up"])
  yield* runOk(box, ["ip", "address", "add", "172.31.0.2/24", "dev", "eth0"])
  yield* runOk(box, ["ip", "link", "set", "eth0", "up"])
  yield* runOk(box, ["ip", "route", "add", "default", "via", "172.31.0.1"])
  const theirs = `chain outgoing { type nat hook postrouting priority 110
 ip saddr ${subnet} masquerade
 ip saddr 172.31.0.0/24 masquerade
}
chain incoming { type nat hook prerouting priority -90
 ip daddr ${subnet} tcp dport 81 dnat ip to 172.31.0.2:80
}
`
  for (const table of ["foreign", "vmnet_ffffffff"]) {
    yield* Effect.acquireRelease(load(`table inet ${table} {\n${theirs}}\n`), () =>
      runOk("host", ["nft", "delete", "table", "inet", table])
    )
  }
  yield* changing(
    "host",
    "iptables -w -t nat -A PREROUTING -d 192.0.2.10 -p tcp --dport 8081 -j DNAT --to-destination 172.31.0.2:80",
    "iptables -w -t nat -F PREROUTING"
  )
  yield* changing("host", `iptables -w -A FORWARD -s ${subnet} -j ACCEPT`, "iptables -w -F FORWARD")
  yield* host.serve(box, { port: 80, page: "theirs" })
  return box
})

const bridged = [
  "LAN to published",
  "LAN by UDP",
  "host to published",
  "host to loopback",
  "host to guest",
  "guest to guest",
  "guest to published"
]

/** A guest that serves on port 8080, its sibling, and all that works between them and the world. */
const everythingWorks = Effect.fnUntraced(function* (ways: ReadonlyArray<string>) {
  const host = yield* PrivateHost
  const server = yield* container("server", { publish: ["8080:80", "5353:53/udp"] })
  const client = yield* container("client")
  yield* host.serve(server.netns, { port: 80, page: "server" })
  yield* host.serve(server.netns, { port: 53, protocol: "udp", page: "server" })
  const page = (from: Parameters<typeof host.http>[0], url: string) =>
    Effect.map(host.http(from, url), ({ seen }) => seen?.page)
  const pages = {
    "LAN to published": page("lan", "http://192.0.2.10:8080/"),
    "host to published": page("host", "http://192.0.2.10:8080/"),
    "host to loopback": page("host", "http://127.0.0.1:8080/"),
    "host to guest": page("host", `http://${server.address}/`),
    "guest to guest": page(client.netns, `http://${server.address}/`),
    "guest to published": page(client.netns, "http://192.0.2.10:8080/"),
    "guest to itself": page(server.netns, "http://192.0.2.10:8080/"),
    "LAN by UDP": Effect.map(
      host.udp("lan", { address: "192.0.2.10", port: 5353, message: "hi" }),
      ({ seen }) => seen?.page
    )
  }
  for (const way of ways) assert.strictEqual(yield* pages[way as keyof typeof pages], "server", way)
  assert.strictEqual(yield* page(client.netns, web), "internet")
})

shareHost({ ipForward: true })("somebody else's network", (it) => {
  it.effect("is untouched and works, and so does ours, while VMs are up and afterwards", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const box = yield* somebody
      const theirsWorks = Effect.gen(function* () {
        assert.strictEqual((yield* host.http("lan", "http://192.0.2.10:8081/")).seen?.page, "theirs")
        assert.strictEqual((yield* host.http(box, web)).seen?.page, "internet")
      })
      yield* theirsWorks
      const before = yield* HostSnapshot.take()
      yield* leavesNoTrace(
        Effect.gen(function* () {
          yield* everythingWorks([...bridged, "guest to itself"])
          yield* theirsWorks
          const added = HostSnapshot.diff(before, yield* HostSnapshot.take())
          assert.deepStrictEqual(
            added.filter((line) => !line.startsWith("+ ")),
            []
          )
        })
      )
      yield* theirsWorks
    })
  )

  it.effect("may have an untagged TAP of the very name that ours would have: ours gets another, theirs stays", () =>
    Effect.gen(function* () {
      const vmnet = yield* Vmnet
      const plan = yield* vmnet.plan(request("vm1"))
      const name = plan.attachment.device.name
      yield* changing("host", `ip tuntap add dev ${name} mode tap`, `ip link delete ${name}`)
      const theirs = yield* linkAt("host", name)
      yield* leavesNoTrace(
        Effect.gen(function* () {
          const { device } = yield* tap("vm1")
          assert.notStrictEqual(device.name, name)
          assert.deepStrictEqual(yield* linkAt("host", name), theirs)
        })
      )
      assert.deepStrictEqual(yield* linkAt("host", name), theirs)
    })
  )
})

shareHost({ bridgeNetfilter: true })("bridged packets in the host's firewall", (it) => {
  // Not a guest to itself by its published port: br_netfilter rewrites the frame and bridges it straight back, to the port
  // it came from, where a bridge never sends.
  it.effect("guests, the host and the LAN reach one another as ever", () => leavesNoTrace(everythingWorks(bridged)))

  it.effect("guests of an isolated network still do not reach one another, nor guests of another network", () =>
    leavesNoTrace(
      Effect.gen(function* () {
        const host = yield* PrivateHost
        const lab = "networks: { lab: { subnet: 10.0.43.0/24, isolated: true } }"
        const one = yield* container("vm1", { network: "lab" }, lab)
        const two = yield* container("vm2", { network: "lab" }, lab)
        const far = yield* container("vm3")
        for (const guest of [two, far]) yield* host.serve(guest.netns, { port: 80, page: "guest" })
        for (const guest of [two, far]) {
          yield* Effect.flip(host.http(one.netns, `http://${guest.address}/`, { timeout: 400 }))
          assert.strictEqual((yield* host.http("host", `http://${guest.address}/`)).seen?.page, "guest")
        }
        assert.strictEqual((yield* host.http(one.netns, web)).seen?.page, "internet")
      })
    )
  )
})
