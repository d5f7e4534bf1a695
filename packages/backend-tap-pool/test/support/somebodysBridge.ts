import { Effect } from "effect"
import { runOk } from "./realHost.ts"

export const router = "10.0.7.1"

/** A bridge of somebody else's on which the host is 10.0.7.2, and a router on it that is no part of the host. */
export const somebodysBridge = Effect.acquireRelease(
  Effect.gen(function* () {
    yield* runOk("host", ["ip", "netns", "add", "router"])
    yield* runOk("host", ["ip", "link", "add", "br0", "type", "bridge"])
    // The highest of a maker's addresses: the bridge takes it for its own, unless a port has a lower one.
    yield* runOk("host", [
      "ip",
      "link",
      "add",
      "up7",
      "address",
      "fc:ff:ff:ff:ff:fe",
      "type",
      "veth",
      "peer",
      "name",
      "eth0",
      "netns",
      "router"
    ])
    yield* runOk("host", ["ip", "link", "set", "up7", "master", "br0", "up"])
    yield* runOk("host", ["ip", "link", "set", "br0", "up"])
    yield* runOk("host", ["ip", "address", "add", "10.0.7.2/24", "dev", "br0"])
    yield* runOk("/run/netns/router", ["ip", "link", "set", "eth0", "up"])
    yield* runOk("/run/netns/router", ["ip", "address", "add", `${router}/24`, "dev", "eth0"])
  }),
  () =>
    Effect.gen(function* () {
      yield* runOk("host", ["ip", "link", "delete", "br0"])
      yield* runOk("host", ["ip", "link", "delete", "up7"])
      yield* runOk("host", ["ip", "netns", "delete", "router"])
    })
)
