import { Schema } from "effect"
import { BackendKind } from "../plan/Attachment.ts"
import type { Config } from "./Config.ts"
import { defaultBackend } from "./defaults.ts"
import { entry } from "./entry.ts"
import type { NetworkConfig } from "./sections/sections.ts"

export const isBackend: (text: unknown) => text is BackendKind = Schema.is(BackendKind)

/** The backend of a network that is configured, or that is called like a backend; `undefined` when there is none. */
export const backendOfNetwork = (networks: Config["networks"], network: string): BackendKind | undefined => {
  const configured: NetworkConfig | undefined = entry(networks, network)
  if (configured !== undefined) return configured.backend ?? defaultBackend
  return isBackend(network) ? network : undefined
}
