import { bridgeBackend } from "@vmnet/backend-bridge"
import type { BackendSubject } from "@vmnet/testkit/conformance"

const bridge = {
  backend: bridgeBackend,
  reached: "address",
  guestsReachPublished: true,
  siblings: "reachable",
  hostile: ["host-service"]
} as const satisfies Partial<BackendSubject>

/** One guest of each kind that this program's backends have. Two of one backend are in networks of their own. */
export const subjects: ReadonlyArray<BackendSubject> = [
  { ...bridge, title: "bridge, a TAP", guest: "qemu-tap" },
  {
    ...bridge,
    title: "bridge, a veth",
    guest: "netns-peer",
    flags: { network: "lab" },
    config: "networks: { lab: { subnet: 10.0.43.0/24 } }"
  }
]
