import { assert } from "@effect/vitest"
import { type Lease, Ledger, type NatElement, natElementKey } from "@vmnet/core"
import type { MemoryKernel } from "@vmnet/testkit"
import { Effect } from "effect"

interface LeaseRow {
  readonly vm: string
  readonly lease: string
}

/** What a lease that is up must have in the kernel; its published ports only while nobody is working on them. */
const elementsOf = ({ address, device, mac, network, mark }: Lease): ReadonlyArray<NatElement> => [
  { _tag: "Segment", device: network.device, isolated: false },
  { _tag: "Masquerade", device: network.device },
  { _tag: "Guest", device: network.device, address, mark, egress: "all" },
  { _tag: "Binding", port: device, mac, address }
]

const published = ({ address, publish }: Lease): ReadonlyArray<NatElement> =>
  publish.map((range) => ({ _tag: "Publish", guestAddress: address, ...range }))

/** No live VM without its bridge, its rules, its port and forwarding; nobody's address twice. */
export const assertLive = Effect.fnUntraced(function* (kernel: MemoryKernel, busy: ReadonlySet<string>, when: string) {
  const ledger = yield* Ledger
  const rows = yield* ledger.transact("look", (tx) =>
    tx.all<LeaseRow>("SELECT vm, lease FROM leases WHERE state = 'active'")
  )
  const { forwarding, links, nat } = kernel.snapshot()["host"]!
  const elements = new Map(nat.elements.map(({ element }) => [natElementKey(element), element]))
  const leases = rows.map(({ lease }): Lease => JSON.parse(lease))
  if (leases.length > 0) assert.deepStrictEqual([forwarding["all"], nat.layout], ["1", "present"], when)
  for (const lease of leases) {
    const bridge = links.find(({ link }) => link === lease.network.device)
    assert.deepInclude(bridge, { up: true, mac: lease.network.mac }, `${when}: bridge of ${lease.vm}`)
    assert.deepStrictEqual(bridge?.addresses, [`${lease.network.gateway}/${lease.network.prefix}`], when)
    assert.strictEqual(forwarding[lease.network.device], "1", when)
    const port = links.find(({ link }) => link === lease.device)
    assert.deepInclude(port, { up: true, master: lease.network.device }, `${when}: port of ${lease.vm}`)
    const expected = [...elementsOf(lease), ...(busy.has(lease.vm) ? [] : published(lease))]
    for (const element of expected) {
      assert.deepStrictEqual(elements.get(natElementKey(element)), element, `${when}: ${lease.vm}`)
    }
  }
  const addresses = leases.map(({ address }) => address)
  assert.strictEqual(new Set(addresses).size, addresses.length, when)
})
