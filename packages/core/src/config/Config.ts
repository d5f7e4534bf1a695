import type { ForwardingMode } from "../plan/AttachRequest.ts"
import type { NetworkConfig, VmConfig } from "./sections/sections.ts"

/**
 * A configuration file as written, checked: texts are valid, names resolve, nothing contradicts. Defaults are filled in
 * where a request is resolved, so that it stays visible what a person had set.
 */
export interface Config {
  readonly networks: Readonly<Record<string, NetworkConfig>>
  readonly vms: Readonly<Record<string, VmConfig>>
  readonly forwarding?: ForwardingMode
}

/** What an absent or empty file means. */
export const emptyConfig: Config = { networks: {}, vms: {} }
