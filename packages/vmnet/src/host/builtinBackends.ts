import { bridgeBackend } from "@vmnet/backend-bridge"
import { netnsSlotBackend } from "@vmnet/backend-netns-slot"
import { slirpBackend } from "@vmnet/backend-slirp"
import { tapBackend } from "@vmnet/backend-tap-pool"
import type { Backend } from "@vmnet/core"

/** The backends vmnet comes with. One more is one more line here. */
export const builtinBackends: ReadonlyArray<Backend> = [bridgeBackend, netnsSlotBackend, tapBackend, slirpBackend]
