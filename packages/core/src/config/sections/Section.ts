import type { Result, Schema } from "effect"
import type { BackendKind } from "../../plan/Attachment.ts"
import type { NetworkSpec } from "../../plan/AttachRequest.ts"

type Fields = Readonly<Record<string, Schema.Codec<unknown, unknown>>>

/** Options of a network that cannot stand together, or one that cannot be: told at the first that is written. */
export interface Contradiction {
  readonly options: ReadonlyArray<string>
  readonly problem: string
}

/**
 * What networks and VMs of one backend may be configured with, beside `backend` itself. All of it is optional, and an
 * option that some other backend has is refused by name. Options that are not among `networkFields` or `vmFields` are
 * the backend's own: it finds them in `NetworkSpec.options`.
 */
export interface Section {
  readonly kind: BackendKind
  readonly network: Fields
  readonly vm: Fields
  /** What cannot be seen in one option alone, checked and filled in once the defaults are. */
  readonly complete?: (spec: NetworkSpec) => Result.Result<NetworkSpec, string | Contradiction>
  /** What is allowed but probably not meant, one line each for a person. */
  readonly notices?: (spec: NetworkSpec) => ReadonlyArray<string>
}

/** The sections of the backends that a program has, by kind. */
export type Sections = Readonly<Record<BackendKind, Section>>
