import { tapBackend } from "@vmnet/backend-tap-pool"
import { layerNative } from "@vmnet/ops-native"
import { type BackendSubject, suiteOn } from "@vmnet/testkit/conformance"

/** A virtual machine on each TAP. Its MAC is nobody's business: nobody but the host is on the link with it. */
export const taps: BackendSubject = {
  title: "tap",
  backend: tapBackend,
  guest: "qemu-tap",
  reached: "address",
  guestsReachPublished: true,
  siblings: "apart",
  hostile: ["gateway-service", "host-service", "other-address", "metadata", "lan-route"]
}

/** All but what is about the system's programs goes to the kernel by calls in this process, as it does for users. */
export const native = suiteOn("native", layerNative)
