import { tapBackend } from "@vmnet/backend-tap-pool"
import { layerExec } from "@vmnet/ops-exec"
import type { BackendSubject } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { fileURLToPath } from "node:url"
import { install } from "./request.ts"

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

/** The real kernel, and the command as `pnpm build` leaves it. */
export const suiteOptions = {
  install,
  ops: Layer.orDie(layerExec({ install })),
  vmnet: fileURLToPath(new URL("../../../../node_modules/.bin/vmnet", import.meta.url))
}
