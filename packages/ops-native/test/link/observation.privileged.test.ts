import { assert, layer } from "@effect/vitest"
import { LinkOps } from "@vmnet/core"
import { Effect, Layer } from "effect"
import { namedNetns } from "../../../ops-exec/test/support/kernelFixture.ts"
import { inside } from "../../../ops-exec/test/support/programs.ts"
import { inProcess } from "../layers.ts"
import { OverIp, overIp } from "./OverIp.ts"

/** What others have, of every kind that is told apart when it is read. */
const foreign: ReadonlyArray<string> = [
  "link set lo up alias somebody's",
  "link add name br0 type bridge",
  "link set br0 up",
  "tuntap add dev tap1 mode tap user 1000",
  "tuntap add dev tap2 mode tap group 1001",
  "tuntap add dev tap3 mode tap",
  "tuntap add dev tun1 mode tun user 0",
  "link set tap1 master br0 up",
  "link set tap1 type bridge_slave isolated on",
  "link set tap2 master br0",
  "link add name veth1 type veth peer name veth2",
  "link set veth1 up",
  "link set veth2 up mtu 9000",
  "link property add dev br0 altname bridge-of-them",
  "address add 10.0.42.1/24 dev br0",
  "address add 10.0.42.7/24 dev br0",
  "address add 10.0.43.1/32 dev br0 label br0:1",
  "address add fd00::1/64 dev br0",
  "address add 10.1.0.1 peer 10.1.0.2/32 dev veth1",
  "route add 10.9.0.0/16 dev br0",
  "route add default via 10.0.42.254 metric 100",
  "route add default dev veth1 metric 7",
  "route add 10.8.0.0/16 nexthop via 10.0.42.3 nexthop via 10.1.0.2 dev veth1",
  "route add blackhole 10.7.0.0/16",
  "route add unreachable 10.7.1.0/24",
  "route add 10.6.0.0/16 via inet6 fe80::1 dev veth1",
  "route add 10.5.0.0/16 dev br0 table 77",
  "route add 10.4.0.0/16 src 10.0.42.7 dev br0 proto static scope link",
  "neighbour add 10.0.42.2 lladdr 02:00:00:00:0c:01 dev br0 nud permanent",
  "neighbour add 10.0.42.3 lladdr 02:00:00:00:0c:02 dev br0 nud stale",
  "neighbour add 10.0.42.4 lladdr 02:00:00:00:0c:03 dev br0 nud noarp",
  "neighbour add proxy 10.0.42.9 dev br0",
  "neighbour add fd00::2 lladdr 02:00:00:00:0c:04 dev br0 nud permanent",
  "neighbour add 10.1.0.2 lladdr 02:00:00:00:0c:05 dev veth1 nud permanent"
]

layer(Layer.merge(inProcess, overIp), { excludeTestServices: true })("what others have", (it) => {
  it.effect("is seen over rtnetlink as it is over ip", () =>
    Effect.gen(function* () {
      const [native, exec] = [yield* LinkOps, yield* OverIp]
      const netns = yield* namedNetns
      for (const words of foreign) inside(netns.path, "ip", ...words.split(" "))
      const expected = yield* exec.snapshot(netns)
      assert.strictEqual(expected.links.length, 8)
      assert.isAbove(expected.routes.length, 10)
      assert.deepStrictEqual(yield* native.snapshot(netns), expected)
      const names = [...expected.links.map(({ link }) => link), "bridge-of-them", "absent"]
      assert.deepStrictEqual(yield* native.find(netns, names), yield* exec.find(netns, names))
      assert.deepStrictEqual(yield* native.configuredOn(netns, names), yield* exec.configuredOn(netns, names))
    })
  )
})
