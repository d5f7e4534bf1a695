import { type HelperKey, type ProcessId } from "@vmnet/core"
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs"
import { Option, Schema } from "effect"
import type { Place } from "./place.ts"

const Record = Schema.fromJsonString(
  Schema.Struct({ owner: Schema.String, pid: Schema.Int, startTime: Schema.String, bootId: Schema.String })
)

const decode = Schema.decodeUnknownOption(Record)

/**
 * What is on record of a helper: `none`, a process, or `begun` when whoever started it died before he could write the
 * process down (or the file is not one of ours any more).
 */
export type Recorded =
  | { readonly _tag: "None" }
  | { readonly _tag: "Begun" }
  | { readonly _tag: "Process"; readonly owner: string; readonly process: ProcessId }

/** Makes the record, which reserves the helper: fails with EEXIST where there is one. */
export const beginRecord = ({ record }: Place): number =>
  openSync(record, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600)

/** In one write at the start of an empty file: a reader finds all of it or nothing. */
export const finishRecord = (descriptor: number, { owner }: HelperKey, process: ProcessId): void => {
  writeSync(descriptor, `${JSON.stringify({ owner, ...process })}\n`)
}

export const readRecord = ({ record }: Place): Recorded => {
  let text: string
  try {
    text = readBounded(record)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return { _tag: "None" }
    throw cause
  }
  const decoded = decode(text)
  if (Option.isNone(decoded)) return { _tag: "Begun" }
  const { owner, ...process } = decoded.value
  return { _tag: "Process", owner, process }
}

const readBounded = (path: string): string => {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    return readFileSync(descriptor, "utf8").slice(0, 4096)
  } finally {
    closeSync(descriptor)
  }
}
