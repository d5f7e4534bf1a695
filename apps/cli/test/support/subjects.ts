import type { Attachment, Backend } from "@vmnet/core"
import type { BackendSubject } from "@vmnet/testkit/conformance"
import { builtinBackends } from "vmnet/effect"

const backendOf = (kind: string): Backend => {
  const found = builtinBackends.find((backend) => backend.kind === kind)
  if (found === undefined) throw new Error(`this program has no backend ${kind}`)
  return found
}

const inKernel = {
  reached: "address",
  guestsReachPublished: true,
  siblings: "apart",
  hostile: ["host-service"]
} as const satisfies Partial<BackendSubject>

/** To a TAP in the namespaces of an ordinary user. */
const enter = ({ device }: Attachment): ReadonlyArray<string> => {
  const namespaces = (device.netns ?? "").replace(/net$/, "")
  return ["nsenter", `--user=${namespaces}user`, `--net=${namespaces}net`, "--preserve-credentials", "--"]
}

/** One guest of each kind that this program's backends have. Two of one backend are in networks of their own. */
export const subjects: ReadonlyArray<BackendSubject> = [
  { ...inKernel, title: "bridge, a TAP", backend: backendOf("bridge"), guest: "qemu-tap" },
  {
    ...inKernel,
    title: "bridge, a veth",
    backend: backendOf("bridge"),
    guest: "netns-peer",
    flags: { network: "lab" },
    config: "networks: { lab: { subnet: 10.0.43.0/24 } }"
  },
  { ...inKernel, title: "netns", backend: backendOf("netns"), guest: "qemu-tap" },
  { ...inKernel, title: "tap", backend: backendOf("tap"), guest: "qemu-tap" },
  {
    title: "slirp",
    backend: backendOf("slirp"),
    guest: "qemu-tap",
    reached: "published",
    // Its ports are sockets of the host, which guests of the others are kept from. Its own guests reach them.
    guestsReachPublished: false,
    siblings: "apart",
    reaches: "as-the-host",
    // Services of the host's are among what its user reaches, but for those on 127.0.0.1.
    hostile: [],
    loopbackDatagrams: "unanswered",
    enter
  }
]
