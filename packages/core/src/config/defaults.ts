import type { BackendKind } from "../plan/Attachment.ts"
import type { NetworkSpec } from "../plan/AttachRequest.ts"

/** What a backend's own network is when nobody configured it (`Backend.defaultNetwork`), by kind; only built-in kinds. */
export type DefaultNetworks = Readonly<
  Partial<Record<BackendKind, { readonly subnet: string; readonly addressing: "hash" | "lowest" }>>
>

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
