import { assert } from "@effect/vitest"
import { PrivateHost } from "@vmnet/testkit"
import { Effect, Layer } from "effect"

export const commands = Effect.fnUntraced(function* (lines: ReadonlyArray<string | ReadonlyArray<string>>) {
  const host = yield* PrivateHost
  for (const line of lines) {
    const argv = typeof line === "string" ? line.split(" ") : line
    const result = yield* host.run("host", argv)
    assert.strictEqual(result.exitCode, 0, `${argv.join(" ")}: ${result.stderr}`)
  }
})

const nat = [
  "add table ip byhand",
  "add chain ip byhand postrouting { type nat hook postrouting priority 100; }",
  "add rule ip byhand postrouting ip saddr 10.0.42.0/24 oifname eth0 masquerade"
]

/** A bridge 10.0.42.1/24 with two TAPs, `tap0` and `tap1`, masqueraded: made by hand, without any of vmnet. */
const bridge = commands([
  "ip link add br0 address 02:00:00:00:42:01 type bridge",
  "ip address add 10.0.42.1/24 dev br0",
  "ip link set br0 up",
  ...["tap0", "tap1"].flatMap((tap) => [`ip tuntap add dev ${tap} mode tap`, `ip link set ${tap} master br0 up`]),
  ...nat.map((rule) => ["nft", rule])
])

export const BridgedHost = Layer.effectDiscard(bridge).pipe(Layer.provideMerge(PrivateHost.layer({ ipForward: true })))

/** The guest of one of the two TAPs: 10.0.42.7 on `tap0`, 10.0.42.8 on `tap1`. */
export const guestOf = (index: 0 | 1) => ({
  device: `tap${index}`,
  mac: `02:00:00:00:42:0${7 + index}`,
  address: `10.0.42.${7 + index}/24`,
  gateway: "10.0.42.1",
  dns: ["198.51.100.53"]
})
