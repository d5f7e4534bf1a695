import type { PastaSpec, PortForward, ProcessId, Slirp4netnsSpec } from "@vmnet/core"
import { pidFile, type Place, socketName } from "./place.ts"

/** The parts of a /24 or wider subnet that slirp gives itself: the host at .2, its resolver at .3 (slirp4netns(1)). */
const addressIn = (subnet: string, last: number): string => {
  const [base = ""] = subnet.split("/")
  return [...base.split(".").slice(0, 3), String(last)].join(".")
}

/** slirp4netns(1) on a TAP that is there already, which it leaves as it is: no `--configure`. */
export const slirp4netnsArgs = (spec: Slirp4netnsSpec, holder: ProcessId): ReadonlyArray<string> => [
  `--mtu=${spec.mtu}`,
  `--cidr=${spec.subnet}`,
  ...(spec.hostLoopback ? [] : ["--disable-host-loopback"]),
  `--api-socket=${socketName}`,
  "--ready-fd=3",
  "--exit-fd=4",
  String(holder.pid),
  spec.link
]

/** `127.0.0.1/8080-8081:80-81`, as pasta(1) takes it. */
const pastaPorts = ({ hostAddress, hostPort, guestPort, count }: PortForward): string => {
  const range = (first: number): string => (count === 1 ? `${first}` : `${first}-${first + count - 1}`)
  return `${hostAddress === "0.0.0.0" ? "" : `${hostAddress}/`}${range(hostPort)}:${range(guestPort)}`
}

const pastaForwards = (forwards: ReadonlyArray<PortForward>, protocol: PortForward["protocol"]) => {
  const ports = forwards.filter((forward) => forward.protocol === protocol).map(pastaPorts)
  return (ports.length === 0 ? ["none"] : ports).flatMap((words) => [`--${protocol}-ports`, words])
}

/** pasta(1) on a TAP that is there already. It goes to the background when it is ready. */
export const pastaArgs = (spec: PastaSpec, holder: ProcessId, place: Place): ReadonlyArray<string> => [
  "--ns-ifname",
  spec.link,
  "--address",
  spec.guestAddress,
  "--netmask",
  spec.subnet.split("/")[1] ?? "24",
  "--gateway",
  addressIn(spec.subnet, 2),
  "--dns-forward",
  addressIn(spec.subnet, 3),
  "--mtu",
  String(spec.mtu),
  ...(spec.hostLoopback ? [] : ["--no-map-gw"]),
  "--no-dhcp",
  "--no-dhcpv6",
  "--no-ra",
  "--no-ndp",
  "--ipv4-only",
  ...pastaForwards(spec.forwards, "tcp"),
  ...pastaForwards(spec.forwards, "udp"),
  "--tcp-ns",
  "none",
  "--udp-ns",
  "none",
  "--pid",
  pidFile(place, "pasta"),
  String(holder.pid)
]
