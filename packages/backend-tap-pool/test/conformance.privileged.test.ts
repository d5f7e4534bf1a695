import { tapBackend } from "@vmnet/backend-tap-pool"
import { layerExec } from "@vmnet/ops-exec"
import { backendConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { fileURLToPath } from "node:url"

const install = "0123abcd"

backendConformance(
  {
    title: "tap",
    backend: tapBackend,
    guest: "qemu-tap",
    reached: "address",
    guestsReachPublished: true,
    siblings: "apart",
    // Behind a link of its own a guest's hardware address is nobody's business.
    hostile: ["gateway-service", "host-service", "other-address", "metadata", "lan-route"]
  },
  {
    install,
    ops: Layer.orDie(layerExec({ install })),
    vmnet: fileURLToPath(new URL("../../../node_modules/.bin/vmnet", import.meta.url))
  }
)
