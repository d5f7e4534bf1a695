import type { BackendKind } from "../plan/Attachment.ts"
import type { Config } from "./Config.ts"
import { defaultBackend } from "./defaults.ts"
import { entry } from "./entry.ts"
import type { Sections } from "./sections/Section.ts"

/** The backend of a network that is configured, or that is called like a backend; `undefined` when there is none. */
export const backendOfNetwork = (
  networks: Config["networks"],
  network: string,
  sections: Sections
): BackendKind | undefined => {
  const configured = entry(networks, network)
  if (configured !== undefined) return configured.backend ?? defaultBackend
  return Object.hasOwn(sections, network) ? network : undefined
}
