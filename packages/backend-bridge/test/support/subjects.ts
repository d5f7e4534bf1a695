import { bridgeBackend } from "@vmnet/backend-bridge"
import { layerNative } from "@vmnet/ops-native"
import { type BackendSubject, suiteOn } from "@vmnet/testkit/conformance"

/** A bridge with TAPs, and a virtual machine on each. */
export const taps: BackendSubject = {
  title: "bridge, a TAP",
  backend: bridgeBackend,
  guest: "qemu-tap",
  reached: "address",
  guestsReachPublished: true,
  siblings: "reachable",
  hostile: ["gateway-service", "host-service", "other-address", "other-mac", "metadata", "lan-route"]
}

/** The same bridge, plugged into namespaces. */
export const veths: BackendSubject = { ...taps, title: "bridge, a veth", guest: "netns-peer" }

/** All but what is about the system's programs goes to the kernel by calls in this process, as it does for users. */
export const native = suiteOn("native", layerNative)
