import { type Config, decodeConfig, emptyConfig, type Sections, VmnetError } from "@vmnet/core"
import { Effect } from "effect"
import type { ConfigPlaces } from "./configPlaces.ts"
import { type NotRead, readBounded } from "./readBounded.ts"

/** A configuration and the file it is from; `file: null` where none is named and the default one does not exist. */
export interface ConfigFile {
  readonly file: string | null
  readonly config: Config
}

const unreadable = (error: NotRead): VmnetError =>
  new VmnetError({
    code: "CONFIG_INVALID",
    detail: error.missing ? `configuration file ${error.file} does not exist` : error.message,
    details: { file: error.file },
    cause: error
  })

/** More than `decodeConfig` accepts, so that it refuses what is cut off here; `/dev/zero` ends too. */
const mostBytes = 4 * 1024 * 1024

/** What may be configured is that of the backends of vmnet itself unless `sections` say otherwise. */
export const readConfigFile = Effect.fn("readConfigFile")(function* (
  { named, otherwise }: ConfigPlaces,
  sections?: Sections
) {
  const file = named ?? otherwise
  const text = yield* Effect.interruptible(readBounded(file, mostBytes)).pipe(
    Effect.catch((error) =>
      error.missing && named === undefined ? Effect.succeed(null) : Effect.fail(unreadable(error))
    )
  )
  if (text === null) return { file: null, config: emptyConfig } satisfies ConfigFile
  return { file, config: yield* Effect.fromResult(decodeConfig(text, file, sections)) } satisfies ConfigFile
})
