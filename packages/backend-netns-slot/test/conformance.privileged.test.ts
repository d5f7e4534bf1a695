import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { layerExec } from "@vmnet/ops-exec"
import { backendConformance } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { fileURLToPath } from "node:url"

const install = "0123abcd"

backendConformance(
  {
    title: "netns",
    backend: netnsSlotBackend,
    guest: "qemu-tap",
    reached: "address",
    guestsReachPublished: true,
    siblings: "apart",
    hostile: ["gateway-service", "host-service", "other-address", "other-mac", "metadata", "lan-route"]
  },
  {
    install,
    ops: Layer.orDie(layerExec({ install })),
    vmnet: fileURLToPath(new URL("../../../node_modules/.bin/vmnet", import.meta.url))
  }
)
