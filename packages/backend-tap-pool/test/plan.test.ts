import { tapBackend } from "@vmnet/backend-tap-pool"
import { assert, describe, it } from "@effect/vitest"
import { type AttachRequest, type Lease, type Plan, type Resource, resourceKey } from "@vmnet/core"
import { Arbitrary, Schema } from "effect"
import { request } from "./support/request.ts"

const upTo = (maximum: number) => Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum })))
const oneOf = <A>(values: ReadonlyArray<A>) => Arbitrary.map(upTo(values.length - 1), (index) => values[index]!)

const flag = oneOf([true, false])
const network = Arbitrary.map(
  Arbitrary.all([flag, flag, flag]),
  ([hostAccess, masquerade, pool]) =>
    `web: { backend: tap, subnet: 10.0.42.0/24, hostAccess: ${hostAccess}, masquerade: ${masquerade}${pool ? ", pool: { warm: 2, owner: 1000 }" : ""} }`
)
const publish = oneOf([[], ["8080:80"], ["8080:80", "127.0.0.1:53:53/udp", "9000-9009:90"]])
const egress = oneOf([[], ["none"], ["203.0.113.0/24:443", "198.51.100.53:53"]])
const owner = oneOf([undefined, "1000:1000"])

const routed = Arbitrary.map(
  Arbitrary.all([oneOf(["global", "per-interface", "require"]), network, publish, egress, owner]),
  ([mode, web, publish, egress, tapOwner]): AttachRequest =>
    request("vm1", { network: "web", publish, egress, tapOwner }, `networks: { ${web} }\nforwarding: ${mode}`)
)

const bridged = Arbitrary.map(owner, (tapOwner): AttachRequest =>
  request("vm1", { network: "lan", tapOwner }, "networks: { lan: { backend: tap, subnet: 10.0.42.0/24, bridge: br0 } }")
)

const leaseOf = (asked: AttachRequest): Lease => ({
  vm: "vm1",
  generation: 3,
  install: "0123abcd",
  network: {
    network: asked.network.network,
    device: "vmbexample",
    mac: "02:fc:00:00:00:01",
    subnet: "10.0.42.0/24",
    prefix: 24,
    gateway: "10.0.42.1"
  },
  address: "10.0.42.7",
  mac: "02:fc:00:00:00:02",
  device: "vmtexample",
  mark: 1,
  publish: asked.publish.map((spec, index) => Object.assign({ mark: index + 2 }, spec)),
  uplink: "eth0"
})

const planOf = (asked: AttachRequest): Plan => tapBackend.plan(asked, leaseOf(asked))

/** Every resource, in the order in which they are made. */
const inOrder = ({ resources, shares }: Plan): ReadonlyArray<Resource> => [
  ...shares.flatMap((share) => share.resources),
  ...resources
]

const place = (plan: Plan, is: (resource: Resource) => boolean): number => inOrder(plan).findIndex(is)

const elements = (plan: Plan) =>
  inOrder(plan).flatMap((resource) => (resource.kind === "NatElement" ? [resource.element] : []))

describe.each([
  ["point-to-point", routed],
  ["on a bridge", bridged]
])("a plan of the tap backend, %s", (_, any) => {
  it.prop("is the same for the same request and lease, and plain data", [any], ([asked]) => {
    assert.deepStrictEqual(planOf(asked), planOf(JSON.parse(JSON.stringify(asked))))
    assert.deepStrictEqual(JSON.parse(JSON.stringify(planOf(asked))), planOf(asked))
  })

  it.prop("names everything once", [any], ([asked]) => {
    const keys = inOrder(planOf(asked)).map(resourceKey)
    assert.strictEqual(new Set(keys).size, keys.length)
  })

  it.prop("makes the rules about a guest before its TAP, and what is on the TAP after it", [any], ([asked]) => {
    const plan = planOf(asked)
    const tap = place(plan, ({ kind }) => kind === "Tap")
    assert.notStrictEqual(tap, -1)
    assert.strictEqual(
      place(plan, ({ kind }) => kind === "NatLayout"),
      0
    )
    inOrder(plan).forEach((resource, index) => {
      if (resource.kind === "NatElement") assert.isBelow(index, tap)
      else if (resource.kind !== "Tap" && "link" in resource && resource.link !== undefined) assert.isAbove(index, tap)
    })
  })
})

describe("a plan of the tap backend, point-to-point", () => {
  it.prop("judges nothing but its own TAP, and leads to nothing but its guest", [routed], ([asked]) => {
    const plan = planOf(asked)
    for (const element of elements(plan)) if ("device" in element) assert.strictEqual(element.device, "vmtexample")
    const routes = inOrder(plan).filter(({ kind }) => kind === "Route")
    assert.deepStrictEqual(
      routes.map((route) => "destination" in route && route.destination),
      ["10.0.42.7/32"]
    )
    assert.isTrue(elements(plan).some((element) => element._tag === "Segment" && element.isolated))
  })

  it.prop("opens the host and masquerades exactly where the network says so", [routed], ([asked]) => {
    const tags = new Set(elements(planOf(asked)).map(({ _tag }) => _tag))
    assert.strictEqual(tags.has("HostAccess"), asked.network.hostAccess)
    assert.strictEqual(tags.has("Masquerade"), asked.network.masquerade)
  })

  it.prop("publishes exactly what is asked, in the plan as in what it answers", [routed], ([asked]) => {
    const plan = planOf(asked)
    const planned = plan.resources.filter((one) => one.kind === "NatElement" && one.element._tag === "Publish")
    assert.deepStrictEqual(planned, tapBackend.publish(leaseOf(asked), leaseOf(asked).publish))
    assert.strictEqual(plan.attachment.publish.length, asked.publish.length)
  })

  it.prop(
    "writes parameters of its own TAP alone, and none of forwarding where that is required",
    [routed],
    ([asked]) => {
      const written = planOf(asked).resources.flatMap((one) => (one.kind === "Sysctl" ? [one] : []))
      for (const { key, link } of written) assert.deepStrictEqual([key[3], link], ["vmtexample", "vmtexample"])
      const names = written.map(({ key }) => key.at(-1))
      assert.includeMembers(names, ["rp_filter", "proxy_arp", "proxy_delay"])
      for (const name of ["forwarding", "route_localnet"]) {
        assert.strictEqual(names.includes(name), asked.forwarding !== "require")
      }
      const isShared = planOf(asked).shares.some(({ resources }) => resources.some(({ kind }) => kind === "Sysctl"))
      assert.strictEqual(isShared, asked.forwarding !== "require")
    }
  )

  it.prop("has all the parameters that do not depend on the VM in the device of a pool", [routed], ([asked]) => {
    const lease = leaseOf(asked)
    const member = tapBackend.pooling!.member(asked, lease.network, lease.device).resources
    const names = member.flatMap((one) => (one.kind === "Sysctl" ? [one.key.at(-1)] : []))
    assert.deepStrictEqual(names, ["rp_filter", "proxy_arp", "proxy_delay"])
    assert.includeDeepMembers([...planOf(asked).resources], [...member])
  })

  it.prop("gives the TAP to who is named, or else to whom the network names", [routed], ([asked]) => {
    const tap = inOrder(planOf(asked)).find((resource) => resource.kind === "Tap")
    const expected = asked.tapOwner?.uid ?? (asked.network.options?.["pool"] === undefined ? undefined : 1000)
    assert.strictEqual(tap?.kind === "Tap" ? tap.uid : null, expected)
  })
})

it.prop(
  "on a bridge a TAP is a port that speaks for its guest alone, and nothing else is touched",
  [bridged],
  ([asked]) => {
    const { resources, shares } = planOf(asked)
    assert.deepStrictEqual(
      resources.map(({ kind }) => kind),
      ["NatElement", "NatElement", "Tap"]
    )
    assert.deepStrictEqual(
      shares.map(({ key }) => key),
      ["nat"]
    )
    const tags = resources.flatMap((one) => (one.kind === "NatElement" ? [one.element._tag] : []))
    assert.deepStrictEqual(tags, ["Port", "Binding"])
    const tap = resources[2]!
    assert.deepStrictEqual(tap.kind === "Tap" && [tap.master, tap.mac], [
      { link: "br0", isolated: false },
      "fe:fc:00:00:00:01"
    ])
  }
)
