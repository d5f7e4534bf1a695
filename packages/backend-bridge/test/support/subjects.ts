import { bridgeBackend } from "@vmnet/backend-bridge"
import { layerExec } from "@vmnet/ops-exec"
import type { BackendSubject } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { fileURLToPath } from "node:url"
import { install } from "./memoryHost.ts"

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

/** The real kernel, and the command as `pnpm build` leaves it. */
export const suiteOptions = {
  install,
  ops: Layer.orDie(layerExec({ install })),
  vmnet: fileURLToPath(new URL("../../../../node_modules/.bin/vmnet", import.meta.url))
}
