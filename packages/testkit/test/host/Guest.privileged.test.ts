import { assert, layer } from "@effect/vitest"
import { Guest, type GuestShape, PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { BridgedHost, commands, guestOf } from "./guestNetwork.ts"

const fetch = (guest: GuestShape, url: string) =>
  Effect.map(guest.exec(["wget", "-qO-", "-T", "5", url]), (result) => result.stdout)

layer(BridgedHost, { timeout: 120_000 })("a guest", (it) => {
  it.effect("on a bridge made by hand pings its gateway and fetches a page", () =>
    Effect.gen(function* () {
      const guest = yield* Guest.boot(guestOf(0))
      const ping = yield* guest.exec(["ping", "-c", "1", "-W", "3", "10.0.42.1"])
      assert.strictEqual(ping.exitCode, 0, ping.stdout)
      const page = yield* fetch(guest, "http://example.test/")
      // Its own address would have no way back: this one is masqueraded.
      assert.include(page, '"page":"internet"')
      assert.include(page, '"clientAddress":"192.0.2.10"')
    })
  )

  it.effect("has the address, hardware address, MTU and name servers that it was told to have", () =>
    Effect.gen(function* () {
      const guest = yield* Guest.boot({ ...guestOf(0), mtu: 1400 })
      const link = yield* guest.exec(["ip", "address", "show", "dev", "eth0"])
      assert.include(link.stdout, "inet 10.0.42.7/24 ")
      assert.include(link.stdout, "link/ether 02:00:00:00:42:07 ")
      assert.include(link.stdout, "mtu 1400 ")
      const resolver = yield* guest.exec(["cat", "/etc/resolv.conf"])
      assert.strictEqual(resolver.stdout, "nameserver 198.51.100.53\n")
    })
  )

  it.effect("shares a bridge with another, and neither shows the address of the guest they were made from", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const [first, second] = yield* Effect.all([Guest.boot(guestOf(0)), Guest.boot(guestOf(1))], { concurrency: 2 })
      yield* second.serve({ port: 80, page: "second" })
      assert.include(yield* fetch(first, "http://10.0.42.8/"), '"page":"second","clientAddress":"10.0.42.7"')
      const learned = yield* host.run("host", ["bridge", "fdb", "show", "br", "br0", "dynamic"])
      const macs = [...new Set(learned.stdout.match(/^[0-9a-f:]{17}/gm))].sort()
      assert.deepStrictEqual(macs, ["02:00:00:00:42:07", "02:00:00:00:42:08"])
    })
  )

  it.effect("serves HTTP and UDP, and tells who asked", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const guest = yield* Guest.boot(guestOf(0))
      const page = `it's "100%" \\n $HOME`
      yield* guest.serve({ port: 8080, page })
      const reply = yield* host.http("host", "http://10.0.42.7:8080/")
      assert.strictEqual(reply.seen?.page, page)
      assert.strictEqual(reply.seen?.clientAddress, "10.0.42.1")
      yield* guest.serve({ port: 5353, protocol: "udp", page: "echo" })
      const echo = yield* host.udp("host", { address: "10.0.42.7", port: 5353, message: "hello\0there" })
      assert.strictEqual(echo.text, "hello\0there")
      assert.strictEqual(echo.seen?.page, "echo")
      assert.strictEqual(echo.seen?.clientAddress, "10.0.42.1")
      const again = yield* Effect.flip(guest.serve({ port: 5353, protocol: "udp", page: "echo" }))
      assert.include(again.message, "the port is in use")
    })
  )

  it.effect("gets programs their arguments untouched, and gives back what they said", () =>
    Effect.gen(function* () {
      const guest = yield* Guest.boot(guestOf(0))
      const words = ["it's", '$HOME `id` "x" \\', "two\nlines\n", "", "*", "héllo"]
      const echoed = yield* guest.exec(["printf", "<%s>", ...words])
      assert.strictEqual(echoed.stdout, words.map((word) => `<${word}>`).join(""))
      const failed = yield* guest.exec(["cat", "/absent"])
      assert.strictEqual(failed.exitCode, 1)
      assert.include(failed.stderr, "/absent")
      const large = yield* guest.exec(["dd", "if=/dev/zero", "bs=1k", "count=100"])
      assert.strictEqual(large.stdout.length, 64 * 1024)
    })
  )

  it.effect("runs programs side by side, and kills one that takes too long", () =>
    Effect.gen(function* () {
      const guest = yield* Guest.boot(guestOf(0))
      const long = Effect.flip(guest.exec(["sleep", "60"], { timeout: 2_000 }))
      const short = Effect.forEach(
        Array.from({ length: 20 }, (_, index) => String(index)),
        (word) => Effect.map(guest.exec(["echo", word]), (result) => [word, result.stdout])
      )
      const [error, echoes] = yield* Effect.all([long, short], { concurrency: 2 })
      assert.include(error.message, "not finished after 2000 ms")
      assert.deepStrictEqual(
        echoes,
        echoes.map(([word]) => [word, `${word}\n`])
      )
      const left = yield* guest.exec(["pidof", "sleep"])
      assert.strictEqual(left.stdout, "")
    })
  )

  it.effect("boots with network arguments for QEMU exactly as they were given", () =>
    Effect.gen(function* () {
      const { device, mac, ...rest } = guestOf(1)
      const netdev = `tap,id=net0,ifname=${device},script=no,downscript=no`
      const card = `virtio-net-pci,netdev=net0,mac=${mac}`
      const guest = yield* Guest.boot({ ...rest, qemuArgs: ["-netdev", netdev, "-device", card] })
      const link = yield* guest.exec(["cat", "/sys/class/net/eth0/address"])
      assert.strictEqual(link.stdout, `${mac}\n`)
      assert.include(yield* fetch(guest, "http://203.0.113.10/"), '"page":"internet"')
    })
  )

  it.effect("finds its device in another network namespace, and a gateway outside of its subnet", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      yield* commands([
        "ip netns add slot",
        "ip -netns slot tuntap add dev tap0 mode tap",
        "ip -netns slot link set tap0 up",
        "ip -netns slot address add 10.9.9.1 peer 169.254.0.21 dev tap0"
      ])
      const network = { device: "tap0", netns: "/run/netns/slot", address: "169.254.0.21/32", gateway: "10.9.9.1" }
      const guest = yield* Guest.boot(network)
      yield* guest.serve({ port: 80, page: "slot" })
      const reply = yield* host.http("/run/netns/slot", "http://169.254.0.21/")
      assert.strictEqual(reply.seen?.clientAddress, "10.9.9.1")
      const route = yield* guest.exec(["ip", "route"])
      assert.include(route.stdout, "default via 10.9.9.1 dev eth0")
      yield* guest.shutdown
      yield* commands(["ip netns delete slot"])
    })
  )
})
