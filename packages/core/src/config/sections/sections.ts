import { Schema, Struct } from "effect"
import { BackendKind } from "../../plan/Attachment.ts"
import { bridgeSection } from "./bridge.ts"
import { netnsSection } from "./netns.ts"
import type { Section } from "./Section.ts"
import { slirpSection } from "./slirp.ts"
import { tapSection } from "./tap.ts"

export const sections = {
  bridge: bridgeSection,
  netns: netnsSection,
  tap: tapSection,
  slirp: slirpSection
} as const satisfies Record<BackendKind, Section>

export const backendDescription = "How its VMs get their network. Default: bridge."

const backendField = BackendKind.annotate({ description: backendDescription })

/** Every option of any backend. Which of them one backend honours is in its section. */
export const NetworkConfig = Schema.Struct({
  backend: Schema.optionalKey(backendField),
  ...Struct.map(
    { ...slirpSection.network, ...tapSection.network, ...netnsSection.network, ...bridgeSection.network },
    Schema.optionalKey
  )
})
export type NetworkConfig = typeof NetworkConfig.Type

/** Every option of any backend's VMs. */
export const VmConfig = Schema.Struct({
  backend: Schema.optionalKey(backendField),
  ...Struct.map({ ...slirpSection.vm, ...tapSection.vm, ...netnsSection.vm, ...bridgeSection.vm }, Schema.optionalKey)
})
export type VmConfig = typeof VmConfig.Type

export const Forwarding = Schema.Literals(["global", "per-interface", "require"]).annotate({
  description:
    "How IPv4 forwarding is switched on: globally, per interface, or not at all (then it must be on). Default: global."
})
