import { type Attachment, type Backend, bridgeSection, hostNetns } from "@vmnet/core"
import { Result } from "effect"

/** The least a backend can be: one share and one TAP, so that what the core does by itself can be seen. */
export const nullBackend: Backend = {
  kind: "bridge",
  section: bridgeSection,
  defaultNetwork: { subnet: "10.0.42.0/24", addressing: "hash" },
  validate: () => Result.succeed(undefined),
  plan: (request, lease) => ({
    shares: [{ key: `net.${lease.network.network}`, resources: [] }],
    resources: [{ kind: "Tap", netns: hostNetns, link: lease.device, mtu: request.network.mtu }],
    attachment: {
      apiVersion: "vmnet/v1",
      vm: lease.vm,
      generation: lease.generation,
      backend: "bridge",
      network: lease.network.network,
      state: "configuring",
      guest: {
        address: `${lease.address}/${lease.network.prefix}`,
        gateway: lease.network.gateway,
        mac: lease.mac,
        dns: [],
        mtu: request.network.mtu
      },
      host: { address: lease.address, uplink: lease.uplink },
      device: { kind: "tap", name: lease.device, netns: null, mac: null },
      publish: []
    } satisfies Attachment
  }),
  publish: () => []
}
