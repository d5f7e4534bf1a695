import {
  type AttachRequest,
  attachmentOf,
  type Backend,
  deviceSysctls,
  forwardingShares,
  guestElements,
  hostNetns,
  type Lease,
  type Netns,
  netnsPath,
  networkFields,
  publishElements,
  refuseLoopback,
  type Resource,
  type Section,
  segmentElements,
  vmFields,
  VmnetError
} from "@vmnet/core"
import { Result, Schema, Struct } from "effect"

/** Options that other backends have too are picked, with their checks and descriptions; `interface` is its own. */
const section = {
  kind: "ptp",
  network: {
    ...Struct.pick(networkFields, [
      "subnet",
      "gateway",
      "dns",
      "mtu",
      "exclude",
      "hostAccess",
      "masquerade",
      "cooldown"
    ]),
    interface: Schema.String.check(Schema.isPattern(/^[a-z][a-z0-9]{0,14}$/)).annotate({
      description: "What the guest's interface is called in its namespace. Default: eth0."
    })
  },
  vm: Struct.pick(vmFields, ["network", "publish", "egress", "ip", "mac", "netns"])
} as const satisfies Section

const interfaceOf = ({ network }: AttachRequest): string => String(network.options?.["interface"] ?? "eth0")

const needsTarget = ({ vm }: AttachRequest): VmnetError =>
  new VmnetError({
    code: "OPTION_UNSUPPORTED",
    detail: `${vm}: the ptp backend attaches network namespaces, and none is named`,
    hint: "Name one: --netns PATH or --pid PID; `netns` or `pid` in code.",
    details: { vm }
  })

/** The guest's policy, then its link, so that the first packet is judged already; then what leads in and out. */
const resourcesOf = (request: AttachRequest, lease: Lease, netns: Netns): ReadonlyArray<Resource> => {
  const { network: spec, forwarding } = request
  const { address, device, mac, network, publish } = lease
  const outside = { netns: hostNetns, link: device }
  const inside = { netns, link: interfaceOf(request) }
  return [
    ...segmentElements(spec, device, true),
    ...guestElements(request, lease, device),
    ...publishElements(lease, publish),
    { kind: "Veth", ...outside, mtu: spec.mtu, mac: network.mac, peer: { ...inside, mac } },
    { kind: "Address", ...outside, address: `${network.gateway}/32` },
    { kind: "Route", ...outside, destination: `${address}/32` },
    { kind: "Address", ...inside, address: `${address}/32` },
    { kind: "Route", ...inside, destination: `${network.gateway}/32` },
    { kind: "Route", ...inside, destination: "default", via: network.gateway },
    ...deviceSysctls(forwarding, hostNetns, device)
  ]
}

/**
 * A routed veth into a network namespace and no bridge, as the `ptp` plugin of CNI makes it: guests share no segment,
 * and reach one another through published ports only.
 */
export const ptpBackend: Backend = {
  kind: "ptp",
  section,
  defaultNetwork: { subnet: "10.215.0.0/24", addressing: "lowest" },
  device: "veth",
  validate: (request) => (request.target === undefined ? Result.fail(needsTarget(request)) : refuseLoopback(request)),
  plan: (request, lease) => {
    const target = request.target ?? hostNetns
    const device = { kind: "veth", name: interfaceOf(request), netns: netnsPath(target), mac: lease.mac } as const
    return {
      shares: [
        { key: "nat", resources: [{ kind: "NatLayout", netns: hostNetns }] },
        ...forwardingShares(request.forwarding, hostNetns, lease.uplink)
      ],
      resources: resourcesOf(request, lease, target),
      attachment: attachmentOf(request, lease, device, { address: `${lease.address}/32` })
    }
  },
  publish: publishElements
}
