import type { BackendKind } from "../plan/Attachment.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"

/**
 * What a network of a backend is where nothing is configured. A `gateway` is one that all of its guests have whatever
 * the subnet; without one it is configured, or the first address of the subnet.
 */
export type DefaultNetwork = Pick<NetworkSpec, "subnet" | "addressing"> &
  Partial<Pick<NetworkSpec, "gateway" | "dns" | "mtu" | "isolated" | "links" | "inside">>

/** The backends' own defaults (`Backend.defaultNetwork`), by kind; only backends that are built in. */
export type DefaultNetworks = Readonly<Record<BackendKind, DefaultNetwork>>

/** The backend of a VM or network that names none. */
export const defaultBackend: BackendKind = "bridge"

/** Every other setting of a network that nobody has set. Cooldown in seconds: longer than a neighbour entry lives. */
export const networkDefaults = {
  mtu: 1500,
  exclude: [],
  isolated: false,
  hostAccess: false,
  masquerade: true,
  cooldown: 60
} as const satisfies Partial<NetworkSpec>
