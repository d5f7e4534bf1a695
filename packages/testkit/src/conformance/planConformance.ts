import { assert, describe, it } from "@effect/vitest"
import {
  Attachment,
  type AttachRequest,
  type Backend,
  carries,
  decodeConfig,
  type Lease,
  netnsKey,
  type Plan,
  type Resource,
  resourceKey,
  type RequestFlags,
  resolveRequest,
  sectionsOf
} from "@vmnet/core"
import { Arbitrary, Result, Schema } from "effect"

/** What requests of a backend differ in; each is drawn by itself. */
export interface PlanSubject {
  readonly backend: Backend
  /** Options of the network, each a line of YAML (`isolated: true`), any of which may be there. */
  readonly options: ReadonlyArray<string>
  /** An option that every network here has. */
  readonly network?: string
  /** Flags beside those that every backend has. */
  readonly flags: ReadonlyArray<Partial<RequestFlags>>
  readonly egress?: ReadonlyArray<ReadonlyArray<string>>
  readonly forwarding?: ReadonlyArray<string>
  /** The address of the lease. */
  readonly address: string
}

const upTo = (maximum: number) => Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum })))
const oneOf = <A>(values: ReadonlyArray<A>) => Arbitrary.map(upTo(values.length - 1), (index) => values[index]!)

const anyPolicy = [[], ["none"], ["203.0.113.0/24:443", "198.51.100.53:53"]]
const publish = oneOf([[], ["8080:80"], ["8080:80", "127.0.0.1:53:53/udp", "9000-9009:90-99"]])

const anyRequest = ({
  backend,
  egress = anyPolicy,
  flags,
  forwarding = ["global", "per-interface"],
  network: always,
  options
}: PlanSubject) =>
  Arbitrary.map(
    Arbitrary.all([oneOf(forwarding), upTo(2 ** options.length - 1), publish, oneOf(egress), oneOf(flags)]),
    ([mode, drawn, publish, egress, flags]): AttachRequest => {
      const drawnOptions = options.filter((_, index) => (drawn >> index) & 1)
      const chosen = always === undefined ? drawnOptions : [always, ...drawnOptions]
      const network = `${backend.kind}: { backend: ${backend.kind}${chosen.map((option) => `, ${option}`).join("")} }`
      const text = `networks: { ${network} }\nforwarding: ${mode}`
      const sections = sectionsOf([backend.section])
      return Result.getOrThrow(
        resolveRequest({
          config: Result.getOrThrow(decodeConfig(text, "config.yaml", sections)),
          sections,
          flags: { vm: "vm1", backend: backend.kind, publish, egress, ...flags },
          defaults: { [backend.kind]: backend.defaultNetwork },
          facts: { findProcess: () => null, resolvers: ["198.51.100.53"] }
        })
      )
    }
  )

const leaseOf = ({ address, backend }: PlanSubject, asked: AttachRequest): Lease => ({
  vm: "vm1",
  generation: 3,
  install: "0123abcd",
  network: {
    network: asked.network.network,
    device: "vmbexample",
    mac: "02:fc:00:00:00:01",
    subnet: asked.network.subnet,
    prefix: Number(asked.network.subnet.split("/")[1]),
    gateway: asked.network.gateway
  },
  address: backend.identity?.address ?? address,
  mac: backend.identity?.mac ?? "02:fc:00:00:00:02",
  device: "vmtexample",
  mark: 1,
  publish: asked.publish.map((spec, index) => Object.assign({ mark: index + 2 }, spec)),
  uplink: "eth0"
})

/** Every resource, in the order in which they are made. */
const inOrder = ({ resources, shares }: Plan): ReadonlyArray<Resource> => [
  ...shares.flatMap((share) => share.resources),
  ...resources
]

const isDevice = ({ kind }: Resource): boolean => ["Bridge", "Tap", "Veth"].includes(kind)

/** What the plans of every backend must be, whatever is asked: nothing is applied. */
export const planConformance = (subject: PlanSubject): void => {
  const { backend } = subject
  const asked = anyRequest(subject)
  const planOf = (request: AttachRequest) => backend.plan(request, leaseOf(subject, request))

  describe(`a plan of the ${backend.kind} backend, whatever is asked`, () => {
    it.prop("is agreed to, the same for the same request and lease, and plain data", [asked], ([request]) => {
      assert.isTrue(Result.isSuccess(backend.validate(request)))
      assert.deepStrictEqual(planOf(request), planOf(JSON.parse(JSON.stringify(request))))
      assert.deepStrictEqual(JSON.parse(JSON.stringify(planOf(request))), planOf(request))
    })

    it.prop("names everything once", [asked], ([request]) => {
      const keys = inOrder(planOf(request)).map(resourceKey)
      assert.strictEqual(new Set(keys).size, keys.length)
      const shares = planOf(request).shares.map(({ key }) => key)
      assert.strictEqual(new Set(shares).size, shares.length)
      for (const key of shares) assert.match(key, /^[a-z0-9._-]+$/)
    })

    it.prop("makes the rules of a namespace before any device in it", [asked], ([request]) => {
      const resources = planOf(request).resources
      for (const [index, { kind, netns }] of resources.entries()) {
        if (kind !== "NatElement") continue
        const before = resources
          .slice(0, index)
          .filter((one) => isDevice(one) && netnsKey(one.netns) === netnsKey(netns))
        assert.deepStrictEqual(before, [])
      }
    })

    it.prop("uses a link, and a namespace of its own, only after it has made it", [asked], ([request]) => {
      const resources = inOrder(planOf(request))
      const own = new Set(resources.flatMap(carries))
      const made = new Set<string>()
      for (const resource of resources) {
        const { link, netns } = resource as { link?: string } & Resource
        const needs = [
          `netns ${netnsKey(netns)}`,
          ...(link === undefined || isDevice(resource) ? [] : [`${netnsKey(netns)} ${link}`])
        ]
        for (const need of needs)
          if (own.has(need) && !carries(resource).includes(need))
            assert.isTrue(made.has(need), `${resourceKey(resource)} needs ${need}`)
        for (const carried of carries(resource)) made.add(carried)
      }
    })

    it.prop("publishes exactly what is asked, in the plan as in what it answers", [asked], ([request]) => {
      const plan = planOf(request)
      const published = backend.publish(leaseOf(subject, request), leaseOf(subject, request).publish).map(resourceKey)
      const planned = plan.resources.map(resourceKey).filter((key) => published.includes(key))
      assert.deepStrictEqual(planned, published)
      assert.strictEqual(plan.attachment.publish.length, request.publish.length)
    })

    it.prop("answers with an attachment that can be read back", [asked], ([request]) => {
      const { attachment } = planOf(request)
      assert.deepStrictEqual(Schema.decodeUnknownSync(Attachment)(JSON.parse(JSON.stringify(attachment))), attachment)
      assert.deepInclude(attachment, { vm: "vm1", generation: 3, backend: backend.kind, state: "configuring" })
    })
  })
}
