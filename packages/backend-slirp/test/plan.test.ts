import { assert, it } from "@effect/vitest"
import { slirpBackend } from "@vmnet/backend-slirp"
import { carries, goesWith, type Lease, netnsKey, type Resource } from "@vmnet/core"
import { planConformance } from "@vmnet/testkit/conformance"
import { install, request } from "./support/memory.ts"

planConformance({
  backend: slirpBackend,
  // UDP on 127.0.0.1 is asked for among others, which takes hostAccess.
  network: "hostAccess: true",
  options: ["mtu: 1400", "dns: [198.51.100.53]"],
  flags: [{}, { mac: "02:00:00:00:00:07" }],
  address: "10.0.2.100"
})

const leaseOf = (ranges: Lease["publish"] = []): Lease => ({
  vm: "vm1",
  generation: 3,
  install,
  network: {
    network: "slirp",
    device: "vmbexample",
    mac: "02:fc:00:00:00:01",
    subnet: "10.0.2.0/24",
    prefix: 24,
    gateway: "10.0.2.2"
  },
  address: "10.0.2.100",
  mac: "02:fc:00:00:00:02",
  device: "vmtexample",
  mark: 1,
  publish: ranges,
  uplink: "eth0"
})

const range = (mark: number, hostAddress: string | null, hostPort: number) =>
  ({ protocol: "udp", hostAddress, hostPort, guestPort: 53, count: 2, mark }) as const

const ranges = [range(2, null, 53), range(3, "192.0.2.10", 60), range(4, "192.0.2.11", 60)]
const resources = slirpBackend.plan(request("vm1"), leaseOf(ranges)).resources

const ofKind = <K extends Resource["kind"]>(kind: K, among: ReadonlyArray<Resource> = resources) =>
  among.filter((resource): resource is Extract<Resource, { kind: K }> => resource.kind === kind)

it("everything is in the VM's own namespace, which one helper holds and takes along", () => {
  const [holder, ...rest] = resources
  assert.deepInclude(holder, { kind: "Helper", spec: { helper: "namespace" } })
  for (const resource of rest) {
    assert.strictEqual(netnsKey(resource.netns), "namespace of vm1/3")
    const implied = goesWith(resource).some((carrier) => carries(holder!).includes(carrier))
    // Processes and what they answer have to be ended by themselves, or go with these.
    assert.strictEqual(implied, resource.kind !== "Helper" && resource.kind !== "Forward", resource.kind)
  }
})

it("a port leads to an address of the namespace, and from there to the guest, by one mark", () => {
  const forwards = ofKind("Forward").map(({ forward }) => forward)
  const elements = ofKind("NatElement").flatMap(({ element }) => (element._tag === "Publish" ? [element] : []))
  const local = ofKind("Address").map(({ address }) => address.split("/")[0])
  assert.strictEqual(forwards.length, ranges.length)
  for (const [index, { hostAddress, ...asked }] of ranges.entries()) {
    const forward = forwards[index]!
    assert.deepStrictEqual([forward.hostAddress, forward.hostPort], [hostAddress ?? "0.0.0.0", asked.hostPort])
    assert.strictEqual(forward.guestPort, asked.hostPort)
    assert.include(local, forward.guestAddress)
    const inside = { hostAddress: forward.guestAddress, guestAddress: "10.0.2.100" }
    assert.deepInclude(elements, { _tag: "Publish", ...asked, ...inside })
  }
  assert.strictEqual(new Set(forwards.map(({ guestAddress }) => guestAddress)).size, 3)
})

it("a port is forwarded last, and taken back first", () => {
  const last = (kind: Resource["kind"]) => resources.findLastIndex((resource) => resource.kind === kind)
  assert.isAbove(
    resources.findIndex(({ kind }) => kind === "Forward"),
    Math.max(...(["NatElement", "Address", "Sysctl", "Helper"] as const).map(last))
  )
  const later = slirpBackend.publish(leaseOf(), ranges).map(({ kind }) => kind)
  assert.deepStrictEqual([...new Set(later)], ["NatElement", "Address", "Forward"])
})

it("pasta knows one address of the namespace, and its ports are in its arguments", () => {
  const asked = request("vm1", {}, "networks: { slirp: { backend: slirp, engine: pasta } }")
  const planned = slirpBackend.plan(asked, leaseOf(ranges.slice(0, 2))).resources
  assert.deepStrictEqual(ofKind("Forward", planned), [])
  const published = ofKind("NatElement", planned).flatMap(({ element }) =>
    element._tag === "Publish" ? [element.hostAddress] : []
  )
  assert.deepStrictEqual(published, ["10.0.3.100", "10.0.3.100"])
  const spec = ofKind("Helper", planned).find(({ spec: { helper } }) => helper === "pasta")!.spec
  assert.deepInclude(spec, { helper: "pasta", subnet: "10.0.3.0/24", guestAddress: "10.0.3.100" })
})
