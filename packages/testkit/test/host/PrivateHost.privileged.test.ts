import { assert, describe, it, layer } from "@effect/vitest"
import { HostSnapshot, PrivateHost } from "@vmnet/testkit"
import { Effect } from "effect"
import { existsSync, mkdirSync, readFileSync } from "node:fs"

const forwarding = () => readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8").trim()

// First, while the worker's namespace is as the kernel made it: a second build would hide what the first one left.
describe("making a private host", () => {
  it.live("leaves the namespaces exactly as they were", () =>
    Effect.gen(function* () {
      // The only thing that stays is a mount point that did not exist.
      mkdirSync("/run/vmnet", { recursive: true })
      const before = yield* HostSnapshot.take()
      const during = yield* Effect.scoped(
        Effect.gen(function* () {
          const host = yield* PrivateHost.make({ ipForward: true })
          yield* host.http("host", "http://203.0.113.10/")
          return yield* HostSnapshot.take()
        })
      )
      const told = HostSnapshot.diff(before, during)
      assert.includeMembers([...told], ["+ link eth0", "+ netns lan", "~ sysctl net.ipv4.ip_forward 0 -> 1"])
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
      assert.isFalse(existsSync("/run/netns/lan"))
    })
  )

  it.live("starts with the forwarding that was asked for, whatever the namespace inherited", () =>
    Effect.gen(function* () {
      const seen = (ipForward: boolean) => Effect.scoped(Effect.map(PrivateHost.make({ ipForward }), forwarding))
      assert.strictEqual(yield* seen(true), "1")
      assert.strictEqual(yield* seen(false), "0")
    })
  )

  it.live("can have a second uplink and further addresses", () =>
    Effect.gen(function* () {
      const first = { name: "eth0", address: "192.0.2.10/24", gateway: "192.0.2.1", extraAddresses: ["192.0.2.11/24"] }
      const second = { name: "wan1", address: "198.18.0.10/24", gateway: "198.18.0.1", mtu: 1400 }
      const host = yield* PrivateHost.make({ uplinks: [first, { ...second, metric: 50 }] })
      yield* host.serve("host", { port: 80, page: "host" })
      assert.strictEqual((yield* host.http("lan", "http://192.0.2.11/")).status, 200)
      const direct = yield* host.http("host", "http://203.0.113.10/")
      assert.strictEqual(direct.seen?.clientAddress, "192.0.2.10")
      yield* host.run("host", ["ip", "route", "delete", "default", "dev", "eth0"])
      const other = yield* host.http("host", "http://203.0.113.10/")
      assert.strictEqual(other.seen?.clientAddress, "198.18.0.10")
    }).pipe(Effect.scoped)
  )

  it.live("refuses a namespace that is in use", () =>
    Effect.gen(function* () {
      yield* PrivateHost.make()
      const error = yield* Effect.flip(Effect.scoped(PrivateHost.make()))
      assert.include(error.message, "this namespace is in use, it has eth0")
    }).pipe(Effect.scoped)
  )
})

layer(PrivateHost.layer())("a private host", (it) => {
  it.effect("is reached by its LAN neighbour, which it sees at its own address", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      yield* host.serve("host", { port: 8080, page: "host service" })
      const reply = yield* host.http("lan", "http://192.0.2.10:8080/path")
      assert.strictEqual(reply.status, 200)
      assert.strictEqual(reply.seen?.page, "host service")
      assert.strictEqual(reply.seen?.clientAddress, "192.0.2.20")
    })
  )

  it.effect("reaches the web server of its internet from its own address", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const reply = yield* host.http("host", "http://203.0.113.10/")
      assert.strictEqual(reply.seen?.page, "internet")
      assert.strictEqual(reply.seen?.clientAddress, "192.0.2.10")
    })
  )

  it.effect("gets datagrams back from the address that it sent them to", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      for (const address of ["198.51.100.1", "203.0.113.10"]) {
        const reply = yield* host.udp("host", { address, port: 7, message: "ping" })
        assert.strictEqual(reply.address, address)
        assert.include(reply.text, '"message":"ping"')
        assert.strictEqual(reply.seen?.clientAddress, "192.0.2.10")
      }
    })
  )

  it.effect("resolves names at the DNS server of its internet", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const known = yield* host.run("host", ["busybox", "nslookup", "example.test", "198.51.100.53"])
      assert.include(known.stdout, "Address: 203.0.113.10")
      const unknown = yield* host.run("host", ["busybox", "nslookup", "other.test", "198.51.100.53"])
      assert.notStrictEqual(unknown.exitCode, 0)
      assert.include(unknown.stdout, "NXDOMAIN")
    })
  )

  it.effect("has an internet that answers no address behind the host", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      yield* host.run("host", ["ip", "address", "add", "10.0.42.1/24", "dev", "lo"])
      const options = { localAddress: "10.0.42.1", timeout: 300 }
      const error = yield* Effect.flip(host.http("host", "http://203.0.113.10/", options))
      assert.strictEqual(error._tag === "ExchangeFailed" && error.reason, "timeout")
      yield* host.run("host", ["ip", "address", "delete", "10.0.42.1/24", "dev", "lo"])
    })
  )

  it.effect("tells a rejected request from a dropped one", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const reason = (port: number) =>
        host.http("lan", `http://192.0.2.10:${port}/`, { timeout: 300 }).pipe(
          Effect.flip,
          Effect.map((error) => (error._tag === "ExchangeFailed" ? error.reason : error.message))
        )
      assert.strictEqual(yield* reason(81), "refused")
      yield* host.run("host", ["iptables-legacy", "-A", "INPUT", "-p", "tcp", "--dport", "82", "-j", "DROP"])
      assert.strictEqual(yield* reason(82), "timeout")
    })
  )

  it.effect("stops serving with the scope that asked for it", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const port = yield* Effect.scoped(host.serve("host", { port: 0, page: "short" }))
      const error = yield* Effect.flip(host.http("lan", `http://192.0.2.10:${port}/`))
      assert.strictEqual(error._tag === "ExchangeFailed" && error.reason, "refused")
    })
  )

  it.effect("serves inside of any namespace, and lets go of it afterwards", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      yield* host.run("host", ["ip", "netns", "add", "vm1"])
      yield* host.run("/run/netns/vm1", ["ip", "link", "set", "lo", "up"])
      const before = yield* HostSnapshot.take()
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* host.serve("/run/netns/vm1", { protocol: "udp", port: 99, page: "inside" })
          const reply = yield* host.udp("/run/netns/vm1", { address: "127.0.0.1", port: 99, message: "x" })
          assert.strictEqual(reply.seen?.page, "inside")
        })
      )
      const users = yield* host.run("host", ["ip", "netns", "pids", "vm1"])
      assert.strictEqual(users.stdout, "")
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
      yield* host.run("host", ["ip", "netns", "delete", "vm1"])
    })
  )

  it.effect("says which namespace it could not enter", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const error = yield* Effect.flip(host.http("/run/netns/absent", "http://127.0.0.1/"))
      assert.include(error.message, "/run/netns/absent")
      assert.include(error.message, "No such file")
    })
  )

  it.effect("kills a program that takes too long, with everything it started", () =>
    Effect.gen(function* () {
      const host = yield* PrivateHost
      const before = yield* HostSnapshot.take()
      const argv = ["busybox", "sh", "-c", "sleep 77 & sleep 78"]
      const error = yield* Effect.flip(host.run("lan", argv, { timeout: 200 }))
      assert.include(error.message, "not finished after 200 ms")
      assert.deepStrictEqual(HostSnapshot.diff(before, yield* HostSnapshot.take()), [])
    })
  )
})
