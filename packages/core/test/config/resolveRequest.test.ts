import { assert, describe, it } from "@effect/vitest"
import { resolveRequest } from "@vmnet/core"
import { Effect, Result } from "effect"
import { bridge, decode, defaults, refused, request, resolve, resolvers } from "./support/config.ts"
import { anyText, oneOf } from "../names/support/arbitraries.ts"
import { hostile, ok } from "../names/support/parsed.ts"

const configured = `
networks:
  web: { subnet: 10.1.0.0/24, dns: [198.51.100.53], mtu: 1400, exclude: [10.1.0.64/26], cooldown: 0 }
  db: { subnet: 10.2.0.128/25, gateway: 10.2.0.254, addressing: lowest, isolated: true, masquerade: false }
vms:
  api:
    network: web
    publish: ["8080:80", "8443:443"]
    egress: { allow: ["203.0.113.0/24:443/tcp"] }
    ip: 10.1.0.7
    mac: "02:FC:00:00:00:0A"
    tapOwner: 1000
forwarding: per-interface
`

describe("a request", () => {
  it("with nothing but a name has the backend's own network and every default", () => {
    assert.deepStrictEqual(request("", {}), {
      vm: "vm1",
      backend: "bridge",
      network: bridge,
      forwarding: "global",
      publish: [],
      egress: { _tag: "Internet" }
    })
  })

  it("takes what the configuration says of the VM and its network", () => {
    assert.deepStrictEqual(request(configured, { vm: "api" }), {
      vm: "api",
      backend: "bridge",
      network: {
        ...bridge,
        network: "web",
        subnet: "10.1.0.0/24",
        gateway: "10.1.0.1",
        dns: ["198.51.100.53"],
        mtu: 1400,
        exclude: ["10.1.0.64/26"],
        cooldown: 0
      },
      forwarding: "per-interface",
      publish: [
        { protocol: "tcp", hostAddress: null, hostPort: 8080, guestPort: 80, count: 1 },
        { protocol: "tcp", hostAddress: null, hostPort: 8443, guestPort: 443, count: 1 }
      ],
      egress: { _tag: "Allow", rules: [{ destination: "203.0.113.0/24", protocol: "tcp", ports: [443, 443] }] },
      address: "10.1.0.7",
      mac: "02:fc:00:00:00:0a",
      tapOwner: { uid: 1000 }
    })
  })

  it("takes what the command line says before that, lists as a whole", () => {
    const flags = {
      vm: "api",
      network: "db",
      publish: ["53:53/udp"],
      egress: ["none"],
      ip: "10.2.0.130",
      mac: "02:FC:00:00:00:0B",
      tapOwner: "0:5",
      ownerPid: "4711"
    }
    assert.deepStrictEqual(request(configured, flags), {
      vm: "api",
      backend: "bridge",
      network: {
        ...bridge,
        network: "db",
        subnet: "10.2.0.128/25",
        gateway: "10.2.0.254",
        addressing: "lowest",
        isolated: true,
        masquerade: false
      },
      forwarding: "per-interface",
      publish: [{ protocol: "udp", hostAddress: null, hostPort: 53, guestPort: 53, count: 1 }],
      egress: { _tag: "None" },
      address: "10.2.0.130",
      mac: "02:fc:00:00:00:0b",
      owner: { pid: 4711, startTime: "12345", bootId: "b6f0" },
      tapOwner: { uid: 0, gid: 5 }
    })
  })

  it("says of every setting where it came from", () => {
    const { origins } = ok(resolve(configured, { vm: "api", mac: "02:fc:00:00:00:0b" }))
    assert.deepStrictEqual(origins, {
      backend: "vms.api",
      network: "vms.api",
      "network.subnet": "networks.web",
      "network.gateway": "default",
      "network.dns": "networks.web",
      "network.mtu": "networks.web",
      "network.addressing": "default",
      "network.exclude": "networks.web",
      "network.isolated": "default",
      "network.hostAccess": "default",
      "network.masquerade": "default",
      "network.cooldown": "networks.web",
      publish: "vms.api",
      egress: "vms.api",
      ip: "vms.api",
      mac: "flag",
      owner: "default",
      target: "default",
      tapOwner: "vms.api",
      forwarding: "file"
    })
  })

  it("goes into a namespace named by path or by process", () => {
    assert.deepStrictEqual(request("", { netns: "/run/netns/a" }).target, { _tag: "Path", path: "/run/netns/a" })
    assert.deepStrictEqual(request("", { pid: "4711" }).target, { _tag: "Process", pid: 4711, startTime: "12345" })
    const config = "vms:\n  vm1: { netns: /run/netns/b }\n"
    assert.deepStrictEqual(request(config, {}).target, { _tag: "Path", path: "/run/netns/b" })
    assert.deepStrictEqual(request(config, { pid: "4711" }).target, { _tag: "Process", pid: 4711, startTime: "12345" })
  })

  it("is the same data for the same meaning", () => {
    const one = request("", { egress: ["203.0.113.7:80-90/tcp", "198.51.100.0/24"], mac: "02:FC:00:00:00:01" })
    const other = request("", {
      egress: ["198.51.100.0/24", "203.0.113.7/32:85-90/tcp", "203.0.113.7:80-85/tcp"],
      mac: "02:fc:00:00:00:01"
    })
    assert.deepStrictEqual(one, other)
  })

  it("is plain JSON data", () => {
    const made = request(configured, { vm: "api", ownerPid: "4711" })
    assert.deepStrictEqual(JSON.parse(JSON.stringify(made)), made)
  })

  it("keeps its origins with it when resolveRequest answers", () => {
    const input = { config: decode(configured), flags: { vm: "api", publish: [], egress: [] }, defaults }
    const facts = { findProcess: () => null, resolvers }
    const { request, origins } = ok(resolve(configured, { vm: "api" }))
    assert.deepStrictEqual(ok(resolveRequest({ ...input, facts })), { ...request, origins })
  })
})

describe("a request that cannot be", () => {
  it("is told everything that is wrong with it, each under the words that were typed", () => {
    const flags = {
      vm: "../vm",
      publish: ["80:99999", "80:80", "127.0.0.1:80:81", "$(x):1"],
      egress: ["203.0.113.7:x", "203.0.113.1/24"],
      ip: "10.0.42.999",
      mac: "01:00:5e:00:00:01",
      ownerPid: "0",
      netns: "/run/../x",
      pid: "1",
      tapOwner: "root"
    }
    const lines = refused("", flags)
    assert.deepStrictEqual(lines, [
      'VM: VM name "../vm": "." at position 1 is not allowed, the first character must be one of a-z 0-9',
      '--ip 10.0.42.999: "10.0.42.999" is not an IPv4 address: octets must be at most 255',
      "--mac 01:00:5e:00:00:01: 01:00:5e:00:00:01 is a multicast address: the first byte must be even",
      "--owner-pid 0: process id 0 is no process",
      "--pid 1: cannot be combined with --netns /run/../x",
      '--netns /run/../x: path "/run/../x" has a . or .. segment',
      "--pid 1: no process 1 is running",
      '--tap-owner root: "root" is not a numeric user id',
      "--tap-owner root: there is no TAP to own: the guest's end goes to --pid 1",
      '--publish 80:99999: guest port "99999" is above 65535',
      "--publish 127.0.0.1:80:81: wants a host port that 80:80/tcp has already",
      '--publish $(x):1: host "$(x)" is not a port number',
      '--egress 203.0.113.7:x: "x" is not a port number',
      '--egress 203.0.113.1/24: "203.0.113.1/24" has bits set below its prefix: the block is 203.0.113.0/24'
    ])
    const error = resolve("", flags)
    assert.isTrue(Result.isFailure(error))
    if (!Result.isFailure(error)) return
    const problems = error.failure.details?.["problems"] as ReadonlyArray<{
      readonly path: string
      readonly problem: string
    }>
    assert.deepStrictEqual(
      problems.map(({ path, problem }) => `${path}: ${problem}`),
      lines
    )
  })

  it("has an address its network cannot give, whoever said so", () => {
    assert.deepStrictEqual(refused("", { ip: "10.0.42.1" }), [
      "--ip 10.0.42.1: 10.0.42.1 is the gateway of network bridge (10.0.42.0/24)"
    ])
    assert.deepStrictEqual(refused(configured, { vm: "x", network: "web", ip: "10.1.0.70" }), [
      "--ip 10.1.0.70: 10.1.0.70 is excluded from network web (10.1.0.0/24)"
    ])
    // The file is right for its own network; the flag chose another.
    assert.deepStrictEqual(refused(configured, { vm: "api", network: "db" }), [
      "vms.api.ip: 10.1.0.7 is outside network db (10.2.0.128/25)"
    ])
  })

  it("names a process that is not running", () => {
    assert.deepStrictEqual(refused("", { ownerPid: "4712" }), ["--owner-pid 4712: no process 4712 is running"])
    assert.deepStrictEqual(refused("", { pid: "4712" }), ["--pid 4712: no process 4712 is running"])
  })

  it("has a policy that contradicts itself", () => {
    assert.deepStrictEqual(refused("", { egress: ["internet", "203.0.113.7"] }), [
      '--egress internet --egress 203.0.113.7: "internet" stands alone: it cannot be combined with other destinations'
    ])
  })

  it("has a TAP owner in the file and a namespace on the command line", () => {
    assert.deepStrictEqual(refused(configured, { vm: "api", netns: "/run/netns/a" }), [
      "vms.api.tapOwner: there is no TAP to own: the guest's end goes to --netns /run/netns/a"
    ])
  })

  const options = ["vm", "backend", "network", "ip", "mac", "ownerPid", "netns", "pid", "tapOwner"] as const

  it.effect.prop(
    "never gets through or fails otherwise, whatever is typed, and is told in plain characters",
    [oneOf(options), oneOf(hostile), anyText],
    ([option, text, other]) =>
      Effect.sync(() => {
        for (const value of [text, other]) {
          const resolved = resolve("", { [option]: value, publish: [value], egress: [value] })
          assert.isTrue(Result.isFailure(resolved))
          if (Result.isFailure(resolved)) assert.match(resolved.failure.message, /^[ -~\n]+$/)
        }
      })
  )
})
