import { assert, describe, it } from "@effect/vitest"
import { hostNetns, type LinkChange, type Netns } from "@vmnet/core"
import { toBatch } from "#src/link/batch.ts"

const container: Netns = { _tag: "Path", path: "/run/netns/one" }
const peer = { link: "eth0", mac: "02:00:00:00:00:02" }
const options = { netns: hostNetns, ipv6: true, replaceNeighbours: new Set<number>() }

const changes: ReadonlyArray<LinkChange> = [
  { _tag: "AddBridge", link: "vmb1", mac: "02:00:00:00:00:01", mtu: 1500 },
  { _tag: "AddTap", link: "vmt1", mtu: 1400, mac: "02:00:00:00:00:03", uid: 1000, gid: 1001 },
  { _tag: "AddTap", link: "vmt2", mtu: 1500 },
  { _tag: "AddVeth", link: "vmv1", mtu: 1400, mac: "02:00:00:00:00:04", peer: { ...peer, netns: container } },
  { _tag: "AddVeth", link: "vmv2", mtu: 1500, peer: { ...peer, netns: hostNetns } },
  { _tag: "SetAlias", link: "vmt1", alias: "vmnet:0a1b2c3d:vm1:1" },
  { _tag: "SetMaster", link: "vmt1", master: "vmb1", isolated: true },
  { _tag: "SetUp", link: "vmt1" },
  { _tag: "AddAddress", link: "vmb1", address: "10.0.42.1/24" },
  { _tag: "DeleteAddress", link: "vmb1", address: "10.0.42.1/24" },
  { _tag: "AddRoute", destination: "default", link: "vmb1", via: "10.0.42.2" },
  { _tag: "DeleteRoute", destination: "10.9.0.0/16", link: "vmb1" },
  { _tag: "AddNeighbour", link: "vmb1", address: "10.0.42.2", mac: "02:00:00:00:00:05" },
  { _tag: "DeleteNeighbour", link: "vmb1", address: "10.0.42.2" },
  { _tag: "DeleteLink", link: "vmt1" },
  { _tag: "AddNetns", name: "slot-1", alias: "vmnet:0a1b2c3d:vm1:1" },
  { _tag: "DeleteNetns", name: "slot-1" }
]

const golden = `
0 link add name vmb1 address 02:00:00:00:00:01 mtu 1499 type bridge
0 link set dev vmb1 mtu 1500 addrgenmode none
1 tuntap add dev vmt1 mode tap user 1000 group 1001
1 link set dev vmt1 mtu 1400 address 02:00:00:00:00:03 addrgenmode none
2 tuntap add dev vmt2 mode tap user 0
2 link set dev vmt2 mtu 1500 addrgenmode none
3 link add name vmv1 address 02:00:00:00:00:04 mtu 1400 type veth peer name eth0 address 02:00:00:00:00:02 mtu 1400 netns /proc/self/fd/3
3 link set dev vmv1 addrgenmode none
4 link add name vmv2 mtu 1500 type veth peer name eth0 address 02:00:00:00:00:02 mtu 1500
4 link set dev vmv2 addrgenmode none
5 link set dev vmt1 alias vmnet:0a1b2c3d:vm1:1
6 link show dev vmt1
6 link set dev vmt1 master vmb1
6 link set dev vmt1 type bridge_slave isolated on hairpin on group_fwd_mask 0xfffd
7 link set dev vmt1 addrgenmode none
7 link set dev vmt1 up
8 address add 10.0.42.1/24 dev vmb1
9 address delete 10.0.42.1/24 dev vmb1
10 route add default via 10.0.42.2 dev vmb1
11 route delete 10.9.0.0/16 dev vmb1
12 link show dev vmb1
12 neighbour add 10.0.42.2 lladdr 02:00:00:00:00:05 dev vmb1 nud permanent
13 link show dev vmb1
13 neighbour delete 10.0.42.2 dev vmb1
14 link delete dev vmt1
15 netns add slot-1
16 netns delete slot-1`

describe("a batch of link changes", () => {
  it("ends where it is told to", () => {
    const { lines } = toBatch(changes, options, 8, 10)
    assert.deepStrictEqual(
      lines.map(({ index }) => index),
      [8, 9]
    )
  })

  it("is one line of ip for every step, under the index of its change", () => {
    const { lines, peers } = toBatch(changes, options)
    assert.strictEqual(`\n${lines.map(({ index, text }) => `${index} ${text}`).join("\n")}`, golden)
    assert.deepStrictEqual(peers, [container])
  })

  it("says nothing of IPv6 to a kernel without it", () => {
    const { lines } = toBatch(changes, { ...options, ipv6: false })
    assert.isFalse(lines.some(({ text }) => text.includes("addrgenmode")))
    assert.isTrue(lines.some(({ text }) => text === "link set dev vmt1 up"))
  })

  it("gives each namespace that peers are born in one descriptor, from 3 on", () => {
    const other: Netns = { _tag: "Process", pid: 7, startTime: "99" }
    const born = [container, other, container, hostNetns].map((netns, at): LinkChange => ({
      _tag: "AddVeth",
      link: `vmv${at}`,
      mtu: 1500,
      peer: { ...peer, netns }
    }))
    const { lines, peers } = toBatch(born, { ...options, ipv6: false, netns: other })
    assert.deepStrictEqual(peers, [container, hostNetns])
    assert.deepStrictEqual(
      lines.map(({ text }) => /netns \S+$/.exec(text)?.[0]),
      ["netns /proc/self/fd/3", undefined, "netns /proc/self/fd/3", "netns /proc/self/fd/4"]
    )
  })

  it("begins where it is told to, and replaces the neighbours it is told to", () => {
    const { lines } = toBatch(changes, { ...options, replaceNeighbours: new Set([12]) }, 12)
    assert.deepStrictEqual(lines.map(({ index, text }) => `${index} ${text}`).slice(0, 2), [
      "12 link show dev vmb1",
      "12 neighbour replace 10.0.42.2 lladdr 02:00:00:00:00:05 dev vmb1 nud permanent"
    ])
  })
})
