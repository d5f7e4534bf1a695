import type { Attachment } from "@vmnet/core"
import type { Style } from "../terminal/style.ts"

/** What a command has to say, before anybody decided how it looks. */
export interface Document {
  /** Stable: scripts read it. */
  readonly json: unknown
  /** For people. Already safe to print; no line break at the end. */
  readonly table: (style: Style) => string
  /** The VM it is about, for the formats that configure a VMM or a shell with one. */
  readonly attachment?: Attachment
}
