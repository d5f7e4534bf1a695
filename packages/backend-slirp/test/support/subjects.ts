import { slirpBackend } from "@vmnet/backend-slirp"
import type { Attachment } from "@vmnet/core"
import { layerExec } from "@vmnet/ops-exec"
import type { BackendSubject } from "@vmnet/testkit/conformance"
import { Layer } from "effect"
import { fileURLToPath } from "node:url"
import { install } from "./memory.ts"

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

/** The real kernel, and the command as `pnpm build` leaves it. */
export const suiteOptions = {
  install,
  ops: Layer.orDie(layerExec({ install, stateDir: "/run/vmnet" })),
  vmnet: fileURLToPath(new URL("../../../../node_modules/.bin/vmnet", import.meta.url))
}
