import { assert, describe, it } from "@effect/vitest"
import { missingCapabilities } from "#src/probe/capabilities.ts"
import { usableResolvers } from "#src/probe/resolvers.ts"
import { distinct, parseSockets } from "#src/probe/sockets.ts"

const heading = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
const line = (local: string, state: string): string =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 1234 1 0000 100 0 0 10 0\n`

describe("bound sockets", () => {
  it("are TCP listeners and unconnected UDP sockets, with addresses in dotted form", () => {
    const text = heading + line("0100007F:1F90", "0A") + line("00000000:0016", "0A") + line("0202000A:0050", "01")
    assert.deepStrictEqual(parseSockets(text, "tcp", "0A"), [
      { protocol: "tcp", address: "127.0.0.1", port: 8080 },
      { protocol: "tcp", address: "0.0.0.0", port: 22 }
    ])
    assert.deepStrictEqual(parseSockets(heading + line("09C0000A:0035", "07"), "udp", "07"), [
      { protocol: "udp", address: "10.0.192.9", port: 53 }
    ])
  })

  it("of IPv6 count when they answer IPv4: any address, and mapped ones", () => {
    const text =
      heading +
      line("00000000000000000000000000000000:01BB", "0A") +
      line("0000000000000000FFFF00000100007F:1F91", "0A") +
      line("00000000000000000000000001000000:0016", "0A") +
      line("B80D0120000000000000000001000000:0017", "0A")
    assert.deepStrictEqual(parseSockets(text, "tcp", "0A"), [
      { protocol: "tcp", address: "0.0.0.0", port: 443 },
      { protocol: "tcp", address: "127.0.0.1", port: 8081 }
    ])
  })

  it("are told once", () => {
    const socket = { protocol: "tcp", address: "0.0.0.0", port: 22 } as const
    assert.deepStrictEqual(distinct([socket, { ...socket }, { ...socket, protocol: "udp" }]), [
      socket,
      { ...socket, protocol: "udp" }
    ])
  })
})

describe("resolvers", () => {
  const behindStub = () =>
    "# from systemd-resolved\nnameserver 192.0.2.53\nnameserver fe80::1%2\nnameserver 198.51.100.53\n"
  const never = () => assert.fail("only asked for when needed")

  it("are the IPv4 ones of resolv.conf, each once", () => {
    const text =
      "search example\nnameserver 192.0.2.1\n nameserver\t192.0.2.2 \nnameserver ::1\n#nameserver 9.9.9.9\nnameserver 192.0.2.1\n"
    assert.deepStrictEqual(usableResolvers(text, [never]), ["192.0.2.1", "192.0.2.2"])
  })

  it("behind a loopback stub are the ones it forwards to", () => {
    for (const stub of ["127.0.0.53", "127.0.0.54", "127.0.1.1", "0.0.0.0"]) {
      const text = `nameserver ${stub}\noptions edns0 trust-ad\n`
      assert.deepStrictEqual(usableResolvers(text, [behindStub, never]), ["192.0.2.53", "198.51.100.53"])
    }
    assert.deepStrictEqual(usableResolvers("", [behindStub, never]), ["192.0.2.53", "198.51.100.53"])
    assert.deepStrictEqual(usableResolvers("nameserver ::1\n", [() => "", behindStub]), ["192.0.2.53", "198.51.100.53"])
  })

  it("on loopback are left out, even when nothing is left", () => {
    assert.deepStrictEqual(usableResolvers("nameserver 127.0.0.1\nnameserver 192.0.2.1\n", [never]), ["192.0.2.1"])
    assert.deepStrictEqual(
      usableResolvers("nameserver 127.0.0.1\n", [() => "nameserver 127.0.0.53\n", () => "nameserver 0.0.0.0\n"]),
      []
    )
  })
})

it("missing capabilities are those of links and of namespaces, and no others", () => {
  const status = (mask: string) =>
    `Name:\tnode\nCapPrm:\tffffffffffffffff\nCapEff:\t${mask}\nCapBnd:\tffffffffffffffff\n`
  assert.deepStrictEqual(missingCapabilities(status("000001ffffffffff")), [])
  assert.deepStrictEqual(missingCapabilities(status("0000000000000000")), ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"])
  assert.deepStrictEqual(missingCapabilities(status("0000000000001000")), ["CAP_SYS_ADMIN"])
  assert.deepStrictEqual(missingCapabilities(status("0000000000200000")), ["CAP_NET_ADMIN"])
  assert.deepStrictEqual(missingCapabilities("no such line"), ["CAP_NET_ADMIN", "CAP_SYS_ADMIN"])
})
