import type { Schema } from "effect"
import type { BackendKind } from "../../plan/Attachment.ts"

type Fields = Readonly<Record<string, Schema.Codec<unknown, unknown>>>

/**
 * What networks and VMs of one backend may be configured with, beside `backend` itself. All of it is optional, and an
 * option that some other backend has is refused by name. A backend is one file here and one line in `sections.ts`.
 */
export interface Section {
  readonly kind: BackendKind
  readonly network: Fields
  readonly vm: Fields
}
