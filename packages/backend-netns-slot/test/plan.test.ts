import { assert, describe, it } from "@effect/vitest"
import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { decodeConfig, type RequestFlags, requestNotices, resolveRequest, VmnetError } from "@vmnet/core"
import { planConformance } from "@vmnet/testkit/conformance"
import { Result } from "effect"

planConformance({
  backend: netnsSlotBackend,
  options: ["hostAccess: true", "masquerade: false", "mtu: 1400", "links: 10.77.0.0/16"],
  flags: [{}, { tapOwner: "1000:1000" }],
  address: "10.11.0.7"
})

const resolve = (flags: Partial<RequestFlags>, config = "") =>
  resolveRequest({
    config: Result.getOrThrow(decodeConfig(config, "config.yaml")),
    flags: { vm: "vm1", backend: "netns", publish: [], egress: [], ...flags },
    defaults: { netns: netnsSlotBackend.defaultNetwork },
    facts: { findProcess: () => null, resolvers: ["198.51.100.53"] }
  })

const refusal = (flags: Partial<RequestFlags>, config = ""): string => {
  const error = Result.getOrThrow(Result.flip(resolve(flags, config)))
  assert.instanceOf(error, VmnetError)
  return error.message
}

const planAt = (slot: number, config = "") => {
  const request = Result.getOrThrow(resolve({ slot: `${slot}` }, config))
  const { network: spec, address = "" } = request
  return netnsSlotBackend.plan(request, {
    vm: "vm1",
    generation: 1,
    install: "0123abcd",
    network: { ...spec, device: "vmb", mac: "", prefix: Number(spec.subnet.split("/")[1]) },
    address,
    mac: "02:fc:00:00:00:05",
    device: "vmvexample",
    mark: 1,
    publish: [],
    uplink: null
  })
}

const pairOf = (slot: number, config = "") =>
  planAt(slot, config).resources.flatMap((one) =>
    one.kind === "Address" && one.address.endsWith("/31") ? [one.address] : []
  )

describe("a slot", () => {
  it("has the guest's one inner identity, and a host address and a pair of link addresses of its own", () => {
    const { attachment } = planAt(1)
    assert.deepInclude(attachment, {
      guest: {
        address: "169.254.0.21/30",
        gateway: "169.254.0.22",
        mac: "02:fc:00:00:00:05",
        dns: ["198.51.100.53"],
        mtu: 1500
      },
      host: { address: "10.11.0.1", uplink: null },
      device: { kind: "tap", name: "tap0", netns: "/run/netns/vmnet-1", mac: "02:fc:00:00:00:06" }
    })
    assert.deepStrictEqual(pairOf(1), ["10.12.0.3/31", "10.12.0.2/31"])
  })

  it("never wraps: bytes carry over, and the last one is the last", () => {
    assert.strictEqual(planAt(256).attachment.host.address, "10.11.1.0")
    assert.deepStrictEqual(pairOf(128), ["10.12.1.1/31", "10.12.1.0/31"])
    assert.strictEqual(planAt(32_767).attachment.host.address, "10.11.127.255")
    assert.deepStrictEqual(pairOf(32_767), ["10.12.255.255/31", "10.12.255.254/31"])
    for (const slot of ["32768", "32769", "65535", "65537"]) {
      assert.strictEqual(
        refusal({ slot }),
        `--slot ${slot}: network netns (10.11.0.0/16) has no slot ${slot}: its last one is 32767`
      )
    }
    for (const slot of ["0", "-1", "1.5", "x"]) assert.include(refusal({ slot }), "is not a slot: a number from 1 on")
  })

  it("is bounded by the smaller of the two address plans", () => {
    const few = "networks: { netns: { backend: netns, subnet: 10.20.0.0/24, links: 10.30.0.0/28 } }"
    assert.include(refusal({ slot: "8" }, few), "its last one is 7")
    assert.deepStrictEqual(pairOf(7, few), ["10.30.0.15/31", "10.30.0.14/31"])
    const small = "networks: { netns: { backend: netns, subnet: 10.20.0.0/29 } }"
    assert.include(refusal({ slot: "7" }, small), "its last one is 6")
  })

  it("cannot be numbered from plans that overlap or have no room", () => {
    const overlapping = "networks: { netns: { backend: netns, subnet: 10.12.7.0/24 } }"
    assert.include(refusal({}, overlapping), "subnet 10.12.7.0/24 and links 10.12.0.0/16 overlap")
    const tiny = "networks: { netns: { backend: netns, links: 10.20.0.0/31 } }"
    assert.include(refusal({}, tiny), "has no room for a slot")
  })

  it("says so when slots are to be kept warm, which nobody does yet", () => {
    const warm = "networks: { netns: { backend: netns, pool: { warm: 8 } } }"
    const noticed = requestNotices(Result.getOrThrow(resolve({}, warm)))
    assert.deepStrictEqual(noticed, [
      "networks.netns.pool has no effect without vmnetd yet: each slot is made when it is asked for"
    ])
    assert.deepStrictEqual(requestNotices(Result.getOrThrow(resolve({}))), [])
  })

  it("refuses by name what it cannot honour", () => {
    for (const [flag, key, value] of [
      ["--ip", "ip", "10.11.0.7"],
      ["--mac", "mac", "02:fc:00:00:00:09"],
      ["--netns", "netns", "/run/netns/box"]
    ] as const) {
      assert.match(
        refusal({ [key]: value }),
        new RegExp(`^${flag} \\S+: the netns backend cannot honour it \\(backends that do: `)
      )
    }
    const fixed = decodeConfig("vms: { a: { backend: netns, ip: 10.11.0.7 } }", "config.yaml")
    assert.include(Result.getOrThrow(Result.flip(fixed)).message, 'the netns backend cannot honour "ip"')
  })
})
