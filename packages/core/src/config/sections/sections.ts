import { Schema, Struct } from "effect"
import type { BackendKind } from "../../plan/Attachment.ts"
import { bridgeSection } from "./bridge.ts"
import { networkFields, vmFields } from "./fields.ts"
import { netnsSection } from "./netns.ts"
import type { Section, Sections } from "./Section.ts"
import { slirpSection } from "./slirp.ts"
import { tapSection } from "./tap.ts"

/** The backends of vmnet itself; a program may have others beside them (`sectionsOf`). */
export const builtinSections: Sections = {
  bridge: bridgeSection,
  netns: netnsSection,
  tap: tapSection,
  slirp: slirpSection
}

export const sectionsOf = (sections: ReadonlyArray<Section>): Sections =>
  Object.fromEntries(sections.map((section) => [section.kind, section]))

export const kindsOf = (sections: Sections): ReadonlyArray<BackendKind> => Object.keys(sections)

export const backendDescription = "How its VMs get their network. Default: bridge."

const sharedNetwork = Schema.Struct(Struct.map(networkFields, Schema.optionalKey))
const sharedVm = Schema.Struct(Struct.map(vmFields, Schema.optionalKey))

interface Own {
  readonly backend?: BackendKind
  readonly [option: string]: unknown
}

/** A network as written: options that several backends have, typed, and the own ones of its backend. */
export type NetworkConfig = Own & typeof sharedNetwork.Type

export type VmConfig = Own & typeof sharedVm.Type

/** The options of one backend, or of all of them where it is not known which one is meant. */
export const networkSchema = (sections: Sections, backend?: BackendKind): Schema.Codec<NetworkConfig, unknown> =>
  schemaOf(sections, "network", backend) as never

export const vmSchema = (sections: Sections, backend?: BackendKind): Schema.Codec<VmConfig, unknown> =>
  schemaOf(sections, "vm", backend) as never

const schemaOf = (sections: Sections, kind: "network" | "vm", backend: BackendKind | undefined): Schema.Top => {
  const chosen = backend === undefined ? Object.values(sections).toReversed() : [sections[backend]!]
  const fields: Schema.Struct.Fields = Object.assign({}, ...chosen.map((section) => section[kind]))
  const literals = Schema.Literals(kindsOf(sections)).annotate({ description: backendDescription })
  return Schema.Struct({ backend: Schema.optionalKey(literals), ...Struct.map(fields, Schema.optionalKey) })
}

/** The options of a network that only its backend knows. */
export const ownOptions = (section: Section, config: NetworkConfig): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.keys(section.network)
      .filter((key) => !Object.hasOwn(networkFields, key) && config[key] !== undefined)
      .map((key) => [key, config[key]])
  )

export const Forwarding = Schema.Literals(["global", "per-interface", "require"]).annotate({
  description:
    "How IPv4 forwarding is switched on: globally, per interface, or not at all (then it must be on). Default: global."
})
