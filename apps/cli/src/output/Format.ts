import type { Attachment } from "@vmnet/core"
import type { Look } from "../terminal/Streams.ts"
import type { Document } from "./Document.ts"

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
      readonly render: (attachment: Attachment) => string
    }
