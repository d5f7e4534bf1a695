import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { layerNative } from "@vmnet/ops-native"
import { type BackendSubject, suiteOn } from "@vmnet/testkit/conformance"

/** A virtual machine in each slot. */
export const slots: BackendSubject = {
  title: "netns",
  backend: netnsSlotBackend,
  guest: "qemu-tap",
  reached: "address",
  guestsReachPublished: true,
  siblings: "apart",
  hostile: ["gateway-service", "host-service", "other-address", "other-mac", "metadata", "lan-route"]
}

/** All but what is about the system's programs goes to the kernel by calls in this process, as it does for users. */
export const native = suiteOn("native", layerNative)
