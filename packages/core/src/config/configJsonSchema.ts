import { JsonSchema, Schema, Struct } from "effect"
import { defaultBackend } from "./defaults.ts"
import type { Section, Sections } from "./sections/Section.ts"
import { backendDescription, builtinSections, Forwarding, vmSchema } from "./sections/sections.ts"
import { NetworkName, VmName } from "./values.ts"

/** A network of one backend; only one of the default backend may leave its kind out. */
const networkSchema = ({ kind, network }: Section): Schema.Top => {
  const literal = Schema.Literal(kind).annotate({ description: backendDescription })
  return Schema.Struct({
    backend: kind === defaultBackend ? Schema.optionalKey(literal) : literal,
    ...Struct.map(network as Schema.Struct.Fields, Schema.optionalKey)
  }).annotate({ title: `network of the ${kind} backend` })
}

const configFile = (sections: Sections) =>
  Schema.Struct({
    networks: Schema.optionalKey(
      Schema.Record(NetworkName, Schema.Union(Object.values(sections).map(networkSchema))).annotate({
        description: "Networks by name. A network called like a backend is that backend's own, used when none is named."
      })
    ),
    vms: Schema.optionalKey(
      Schema.Record(VmName, vmSchema(sections)).annotate({
        description: "Settings of VMs by name. Flags of the command line win over them."
      })
    ),
    forwarding: Schema.optionalKey(Forwarding)
  }).annotate({ title: "vmnet configuration" })

/**
 * What an editor can check of a configuration file, as JSON Schema (draft 2020-12), made from the schemas that
 * `decodeConfig` uses. `decodeConfig` knows more: it compares sections with one another.
 */
export const configJsonSchema = (sections: Sections = builtinSections): JsonSchema.JsonSchema => {
  const { schema, definitions } = Schema.toJsonSchemaDocument(configFile(sections), { onExcessProperty: "error" })
  return {
    $schema: JsonSchema.META_SCHEMA_URI_DRAFT_2020_12,
    ...schema,
    ...(Object.keys(definitions).length > 0 && { $defs: definitions })
  }
}
