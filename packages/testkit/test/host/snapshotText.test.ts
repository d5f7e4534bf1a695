import { assert, it } from "@effect/vitest"
import { HostSnapshot } from "@vmnet/testkit"

/** A snapshot in which only one section has something in it. */
const snapshotOf = (section: string, entries: ReadonlyArray<object>): HostSnapshot => {
  const names = "link address route rule neighbour nft iptables sysctl netns mount process file conntrack".split(" ")
  const sections = Object.fromEntries(names.map((name) => [name, name === section ? entries : []]))
  return { sections } as unknown as HostSnapshot
}

const link = (key: string, attributes: Record<string, string> = {}) => ({ key, attributes })

it("equal snapshots have no difference, whatever order their facts were read in", () => {
  const [a, b] = [link("a", { mtu: "1500" }), link("b")]
  assert.deepStrictEqual(HostSnapshot.diff(snapshotOf("link", [a, b]), snapshotOf("link", [b, a])), [])
})

it("what vanished is told before what changed, and that before what appeared", () => {
  const before = snapshotOf("link", [link("gone"), link("eth0", { mtu: "1500", alias: "x" })])
  const after = snapshotOf("link", [link("new"), link("eth0", { mtu: "1400", group: "7" })])
  assert.deepStrictEqual(HostSnapshot.diff(before, after), [
    "- link gone",
    "~ link eth0 mtu 1500 -> 1400",
    "~ link eth0 alias x -> none",
    "~ link eth0 group none -> 7",
    "+ link new"
  ])
})

it("only facts of a list have an order, and a new one in between does not change it", () => {
  const rule = (key: string) => ({ key, attributes: {}, list: "chain" })
  const before = snapshotOf("nft", [rule("a"), rule("b")])
  assert.deepStrictEqual(HostSnapshot.diff(before, snapshotOf("nft", [rule("a"), rule("new"), rule("b")])), [
    "+ nft new"
  ])
  assert.deepStrictEqual(HostSnapshot.diff(before, snapshotOf("nft", [rule("b"), rule("a")])), ["~ nft order of chain"])
})

it("the sysctls of a new link are implied by the link, those of others are not", () => {
  const all = (links: ReadonlyArray<string>, values: Record<string, string>): HostSnapshot => ({
    sections: {
      ...snapshotOf("", []).sections,
      link: links.map((name) => link(name)),
      sysctl: Object.entries(values).map(([key, value]) => ({ key, attributes: { "": value } }))
    }
  })
  const before = all(["eth0"], { "net.ipv4.conf.eth0.forwarding": "0" })
  const after = all(["eth0", "eth0.100"], {
    "net.ipv4.conf.eth0.forwarding": "1",
    "net.ipv4.conf.eth0/100.forwarding": "1"
  })
  assert.deepStrictEqual(HostSnapshot.diff(before, after), [
    "+ link eth0.100",
    "~ sysctl net.ipv4.conf.eth0.forwarding 0 -> 1"
  ])
})
