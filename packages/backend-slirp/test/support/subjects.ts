import { slirpBackend } from "@vmnet/backend-slirp"
import type { Attachment } from "@vmnet/core"
import { layerNative } from "@vmnet/ops-native"
import { type BackendSubject, suiteOn } from "@vmnet/testkit/conformance"

/** QEMU has to be in the namespaces that the TAP is in. */
const enter = ({ device }: Attachment): ReadonlyArray<string> => {
  const namespaces = (device.netns ?? "").replace(/net$/, "")
  return ["nsenter", `--user=${namespaces}user`, `--net=${namespaces}net`, "--preserve-credentials", "--"]
}

/** A virtual machine in a namespace of its own, whose network is slirp4netns. */
export const slirp: BackendSubject = {
  title: "slirp",
  backend: slirpBackend,
  guest: "qemu-tap",
  reached: "published",
  guestsReachPublished: true,
  siblings: "apart",
  // What other hardware address it sends from is seen by nobody: its namespace is all that is on its link.
  hostile: ["gateway-service", "other-address", "metadata"],
  loopbackDatagrams: "unanswered",
  enter
}

/** All but what is about the system's programs goes to the kernel by calls in this process, as it does for users. */
export const native = suiteOn("native", layerNative)
