import { bridgeBackend } from "@vmnet/backend-bridge"
import { assert, describe, it } from "@effect/vitest"
import {
  type AttachRequest,
  type Lease,
  netnsKey,
  type Plan,
  type Resource,
  type RequestFlags,
  resourceKey
} from "@vmnet/core"
import { Arbitrary, Schema } from "effect"
import { request } from "./support/memoryHost.ts"

const upTo = (maximum: number) => Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum })))
const oneOf = <A>(values: ReadonlyArray<A>) => Arbitrary.map(upTo(values.length - 1), (index) => values[index]!)

const forwarding = oneOf(["global", "per-interface", "require"])
const flag = oneOf([true, false])
const network = Arbitrary.map(
  Arbitrary.all([flag, flag, flag]),
  ([isolated, hostAccess, masquerade]) =>
    `web: { subnet: 10.0.42.0/24, isolated: ${isolated}, hostAccess: ${hostAccess}, masquerade: ${masquerade} }`
)
const publish = oneOf([[], ["8080:80"], ["8080:80", "127.0.0.1:53:53/udp", "9000-9009:90"]])
const egress = oneOf([[], ["none"], ["203.0.113.0/24:443", "198.51.100.53:53"]])
const device = oneOf<Partial<RequestFlags>>([{}, { tapOwner: "1000:1000" }, { netns: "/run/netns/box" }])

const anyRequest = Arbitrary.map(
  Arbitrary.all([forwarding, network, publish, egress, device]),
  ([mode, web, publish, egress, device]): AttachRequest =>
    request("vm1", { network: "web", publish, egress, ...device }, `networks: { ${web} }\nforwarding: ${mode}`)
)

const leaseOf = (asked: AttachRequest): Lease => ({
  vm: "vm1",
  generation: 3,
  install: "0123abcd",
  network: {
    network: "web",
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

const planOf = (asked: AttachRequest): Plan => bridgeBackend.plan(asked, leaseOf(asked))

/** Every resource, in the order in which they are made. */
const inOrder = ({ resources, shares }: Plan): ReadonlyArray<Resource> => [
  ...shares.flatMap((share) => share.resources),
  ...resources
]

const place = (plan: Plan, is: (resource: Resource) => boolean): number => inOrder(plan).findIndex(is)

describe("a plan of the bridge backend, whatever is asked", () => {
  it.prop("is the same for the same request and lease, and plain data", [anyRequest], ([asked]) => {
    assert.deepStrictEqual(planOf(asked), planOf(JSON.parse(JSON.stringify(asked))))
    assert.deepStrictEqual(JSON.parse(JSON.stringify(planOf(asked))), planOf(asked))
  })

  it.prop("names everything once", [anyRequest], ([asked]) => {
    const keys = inOrder(planOf(asked)).map(resourceKey)
    assert.strictEqual(new Set(keys).size, keys.length)
    const shares = planOf(asked).shares.map(({ key }) => key)
    assert.strictEqual(new Set(shares).size, shares.length)
    for (const key of shares) assert.match(key, /^[a-z0-9._-]+$/)
  })

  it.prop("makes the rules about a guest before anything the guest could send by", [anyRequest], ([asked]) => {
    const plan = planOf(asked)
    const port = place(plan, ({ kind }) => kind === "Tap" || kind === "Veth")
    assert.notStrictEqual(port, -1)
    inOrder(plan).forEach((resource, index) => {
      if (resource.kind === "NatElement") assert.isBelow(index, port)
    })
    const bridge = place(plan, ({ kind }) => kind === "Bridge")
    const segment = place(plan, (resource) => resource.kind === "NatElement" && resource.element._tag === "Segment")
    assert.isTrue(place(plan, ({ kind }) => kind === "NatLayout") === 0 && segment < bridge && bridge < port)
  })

  it.prop("uses a link only after it has made it", [anyRequest], ([asked]) => {
    const made = new Set<string>()
    for (const resource of inOrder(planOf(asked))) {
      if (resource.kind === "Address" || resource.kind === "Route") {
        assert.include([...made], `${netnsKey(resource.netns)} ${resource.link}`)
      }
      if (resource.kind === "Sysctl" && resource.link !== undefined) assert.include([...made], `host ${resource.link}`)
      if ("master" in resource) assert.include([...made], `host ${resource.master?.link}`)
      if ("link" in resource && ["Bridge", "Tap", "Veth"].includes(resource.kind)) {
        made.add(`${netnsKey(resource.netns)} ${resource.link}`)
      }
      if (resource.kind === "Veth") made.add(`${netnsKey(resource.peer.netns)} ${resource.peer.link}`)
    }
  })

  it.prop("publishes exactly what is asked, in the plan as in what it answers", [anyRequest], ([asked]) => {
    const plan = planOf(asked)
    const planned = plan.resources.filter((one) => one.kind === "NatElement" && one.element._tag === "Publish")
    assert.deepStrictEqual(planned, bridgeBackend.publish(leaseOf(asked), leaseOf(asked).publish))
    assert.strictEqual(plan.attachment.publish.length, asked.publish.length)
  })

  it.prop("writes no parameter where forwarding is required", [anyRequest], ([asked]) => {
    const writes = inOrder(planOf(asked)).some(({ kind }) => kind === "Sysctl")
    assert.strictEqual(writes, asked.forwarding !== "require")
  })
})
