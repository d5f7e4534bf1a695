import type { Attachment } from "@vmnet/core"
import type { Effect } from "effect"
import type { Look } from "../terminal/Streams.ts"
import type { Document } from "./Document.ts"

/** Why a format has nothing true to print of a VM, and what to do instead. */
export interface Refusal {
  readonly detail: string
  readonly hint: string
}

/** One way to print a result. A format of an attachment serves the commands that answer with exactly one VM. */
export type Format =
  | {
      readonly id: string
      readonly prints: "anything"
      readonly render: (document: Document, look: Look) => string
    }
  | {
      readonly id: string
      readonly prints: "attachment"
      /** Absent where every VM can be printed. */
      readonly refuses?: (attachment: Attachment) => Refusal | undefined
      /** An effect, so that a format may load what only it needs. */
      readonly render: (attachment: Attachment) => Effect.Effect<string>
    }
