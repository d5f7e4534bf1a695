import { type Backend, slirpSection } from "@vmnet/core"
import { gateway, guestAddress, mtu, resolver, subnet } from "./addresses.ts"
import { slirpAttachment } from "./attachment.ts"
import { engineOf } from "./engine.ts"
import { resourcesOf } from "./plan.ts"
import { publishResources } from "./publish.ts"
import { livePublish, validate } from "./validate.ts"

/**
 * A network for users without any rights: the guest's TAP is in a user and network namespace of their own, which has a
 * firewall as the host has it for other guests, and slirp4netns or pasta turns what comes out of it into their own
 * connections. Nothing of the host is changed.
 */
export const slirpBackend: Backend = {
  kind: "slirp",
  section: slirpSection,
  privilege: "user",
  defaultNetwork: { subnet, gateway, dns: [resolver], mtu, addressing: "lowest", inside: true },
  identity: { address: guestAddress },
  helpers: ({ network }) => ["namespace", engineOf(network)],
  validate,
  livePublish,
  plan: (request, lease) => ({
    shares: [],
    resources: resourcesOf(request, lease),
    attachment: slirpAttachment(request, lease)
  }),
  publish: publishResources
}
