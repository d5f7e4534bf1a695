import { bridgeBackend } from "@vmnet/backend-bridge"
import { planConformance } from "@vmnet/testkit/conformance"

planConformance({
  backend: bridgeBackend,
  options: ["isolated: true", "hostAccess: true", "masquerade: false", "mtu: 1400"],
  flags: [{}, { tapOwner: "1000:1000" }, { netns: "/run/netns/box" }],
  address: "10.213.0.7"
})
